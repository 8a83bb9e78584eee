/// The parameters and body of a macro or a call block.
final class MacroDefinition {
  let name: String?
  let parameters: [(name: String, symbol: Int, fallback: (any Expression)?)]
  let body: Body
  /// Symbols of the special variables, where the body uses them.
  let callerSymbol: Int?
  let listSymbol: Int?  // varargs
  let mappingSymbol: Int?  // kwargs
  let depth: Int

  init(
    name: String?, parameters: [(name: String, symbol: Int, fallback: (any Expression)?)],
    body: Body, callerSymbol: Int?, listSymbol: Int?, mappingSymbol: Int?
  ) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.callerSymbol = callerSymbol
    self.listSymbol = listSymbol
    self.mappingSymbol = mappingSymbol
    depth = 1 + parameters.reduce(body.depth) { max($0, $1.fallback?.depth ?? 0) }
  }
}

/// `{% macro name(parameters) %}…{% endmacro %}`
final class MacroStatement: Statement {
  let definition: MacroDefinition
  let symbol: Int
  var depth: Int { definition.depth }

  init(_ definition: MacroDefinition, _ symbol: Int) {
    self.definition = definition
    self.symbol = symbol
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    scope.set(symbol, .object(Macro(definition, scope, renderer)))
    return .next
  }
}

/// `{% call(parameters) macro(arguments) %}…{% endcall %}`
final class CallBlock: Statement {
  let call: Call
  let definition: MacroDefinition
  let line: Int
  let depth: Int

  init(_ call: Call, _ definition: MacroDefinition, line: Int) {
    self.call = call
    self.definition = definition
    self.line = line
    depth = 1 + max(call.depth, definition.depth)
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    renderer.line = line
    let caller = Value.object(Macro(definition, scope, renderer))
    try renderer.write(try call.evaluate(renderer, scope, caller: caller).printed)
    return .next
  }
}

/// A macro together with the scope it was defined in.
final class Macro: TemplateObject {
  private let definition: MacroDefinition
  /// The scope outlives the macro's definition; `Renderer` breaks the cycle when it is done.
  private(set) var scope: Scope?

  let typeName = "Macro"
  let isCallable = true

  init(_ definition: MacroDefinition, _ scope: Scope, _ renderer: Renderer) {
    self.definition = definition
    self.scope = scope
    renderer.adopt { self.scope = nil }
  }

  var representation: String {
    "<Macro \(definition.name.map { Value.string($0).representation } ?? "anonymous")>"
  }

  func attribute(_ name: String) -> Value? {
    switch name {
    case "name": definition.name.map { .string($0) } ?? Value.none
    case "arguments": try? .tuple(definition.parameters.map { .string($0.name) })
    case "catch_kwargs": .bool(definition.mappingSymbol != nil)
    case "catch_varargs": .bool(definition.listSymbol != nil)
    case "caller": .bool(definition.callerSymbol != nil)
    default: nil
    }
  }

  func call(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    guard let scope else { return .string(.empty) }
    let inner = Scope(in: scope)
    return .string(
      try renderer.nested(definition.depth) {
        try bind(arguments, renderer, inner)
        return try renderer.captured { _ = try definition.body.execute(renderer, inner) }
      })
  }

  private func bind(_ arguments: Arguments, _ renderer: Renderer, _ inner: Scope) throws {
    let parameters = definition.parameters
    var named = arguments.named
    func take(_ name: String) -> Value? {
      named.firstIndex { $0.name == name }.map { named.remove(at: $0).value }
    }
    for (index, parameter) in parameters.enumerated() {
      let given =
        index < arguments.positional.count
        ? arguments.positional[index] : take(parameter.name)
      inner.set(parameter.symbol, try given ?? fallback(parameter, renderer, inner))
    }
    if let symbol = definition.callerSymbol {
      inner.set(symbol, take("caller") ?? .undefined(Undefined(message: "No caller defined")))
    }
    if let symbol = definition.mappingSymbol {
      inner.set(
        symbol, .dictionary(try Mapping(named.map { (key: .string($0.name), value: $0.value) })))
    } else if let extra = named.first {
      throw Failure(
        "macro '\(definition.name ?? "caller")' takes no keyword argument '\(extra.name)'")
    }
    let extra = Array(arguments.positional.dropFirst(parameters.count))
    if let symbol = definition.listSymbol {
      inner.set(symbol, try .tuple(extra))
    } else if !extra.isEmpty {
      throw Failure(
        "macro '\(definition.name ?? "caller")' takes not more than \(parameters.count) argument(s)"
      )
    }
  }

  private func fallback(
    _ parameter: (name: String, symbol: Int, fallback: (any Expression)?), _ renderer: Renderer,
    _ inner: Scope
  ) throws -> Value {
    if let fallback = parameter.fallback { return try fallback.evaluate(renderer, inner) }
    let name = parameter.name
    return .undefined(Undefined(message: "parameter '\(name)' was not provided"))
  }
}
