/// Calls, filters and tests.

/// `callee(arguments)`
final class Call: Expression {
  let callee: any Expression
  let arguments: ArgumentList
  let line: Int
  let depth: Int

  init(_ callee: any Expression, _ arguments: ArgumentList, line: Int) {
    self.callee = callee
    self.arguments = arguments
    self.line = line
    depth = 1 + max(callee.depth, arguments.depth)
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    try evaluate(renderer, scope, caller: nil)
  }

  /// Calls with the body of a call block as the argument `caller`.
  func evaluate(_ renderer: Renderer, _ scope: Scope, caller: Value?) throws -> Value {
    if let attribute = callee as? Attribute {
      let owner = try attribute.owner.evaluate(renderer, scope)
      let values = try arguments(renderer, scope, caller)
      if let result = try attribute.name.call(owner, values, renderer) { return result }
      return try call(try attribute.name.value(of: owner), values, renderer)
    }
    let function = try callee.evaluate(renderer, scope)
    return try call(function, try arguments(renderer, scope, caller), renderer)
  }

  private func arguments(
    _ renderer: Renderer, _ scope: Scope, _ caller: Value?
  ) throws -> Arguments {
    var values = try arguments.evaluate(renderer, scope)
    if let caller { values.named.append(("caller", caller)) }
    renderer.line = line
    try renderer.spend(1)
    return values
  }

  private func call(
    _ function: Value, _ arguments: Arguments, _ renderer: Renderer
  ) throws -> Value {
    switch function {
    case .object(let object):
      let result = try object.call(arguments, renderer)
      renderer.line = line
      return result
    case .undefined(let undefined): throw Failure(undefined)
    default: throw Failure("'\(function.typeName)' object is not callable")
    }
  }
}

/// `operand | name(arguments)`
final class FilterCall: Expression {
  /// Nil for the filter of a block, which gets its text.
  let operand: (any Expression)?
  let name: String
  let filter: Filter?
  let arguments: ArgumentList
  let line: Int
  let depth: Int

  init(_ operand: (any Expression)?, _ name: String, _ arguments: ArgumentList, line: Int) {
    self.operand = operand
    self.name = name
    self.filter = filters[name]
    self.arguments = arguments
    self.line = line
    depth = 1 + max(operand?.depth ?? 0, arguments.depth)
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    try evaluate(renderer, scope, block: .empty)
  }

  /// Evaluates a chain that begins with the text of a block.
  func evaluate(_ renderer: Renderer, _ scope: Scope, block: Text) throws -> Value {
    let value: Value
    if let inner = operand as? FilterCall {
      value = try inner.evaluate(renderer, scope, block: block)
    } else {
      value = try operand?.evaluate(renderer, scope) ?? .string(block)
    }
    let values = try arguments.evaluate(renderer, scope)
    renderer.line = line
    if case .string(let text) = value {
      try renderer.spend(on: text)
    } else {
      try renderer.spend(1)
    }
    guard let filter else { throw Failure("No filter named '\(name)' found.") }
    return try filter(value, values, renderer)
  }
}

/// `operand is name(arguments)`
final class TestCall: Expression {
  let operand: any Expression
  let name: String
  let test: Test?
  let arguments: ArgumentList
  let line: Int
  let depth: Int

  init(_ operand: any Expression, _ name: String, _ arguments: ArgumentList, line: Int) {
    self.operand = operand
    self.name = name
    self.test = tests[name]
    self.arguments = arguments
    self.line = line
    depth = 1 + max(operand.depth, arguments.depth)
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    let value = try operand.evaluate(renderer, scope)
    let values = try arguments.evaluate(renderer, scope)
    renderer.line = line
    guard let test else { throw Failure("No test named '\(name)' found.") }
    return .bool(try test(value, values, renderer))
  }
}

/// A filter: the value, the arguments in parentheses.
typealias Filter = @Sendable (Value, Arguments, Renderer) throws -> Value

/// A test: the value, the arguments behind its name.
typealias Test = @Sendable (Value, Arguments, Renderer) throws -> Bool
