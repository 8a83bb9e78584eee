/// What an expression of the template computes.
protocol Expression: AnyObject {
  /// Levels of expressions within, this one included.
  var depth: Int { get }
  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value
}

/// What a statement of the template does.
protocol Statement: AnyObject {
  /// Levels of statements and expressions within, this one included.
  var depth: Int { get }
  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow
}

/// How to go on after a statement.
enum Flow {
  case next
  case continueLoop
  case breakLoop
}

/// Statements in a row.
struct Body {
  let statements: [any Statement]
  let depth: Int

  init(_ statements: [any Statement]) {
    self.statements = statements
    self.depth = statements.reduce(0) { max($0, $1.depth) }
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    for statement in statements {
      let flow = try statement.execute(renderer, scope)
      if flow != .next { return flow }
    }
    return .next
  }
}

/// The arguments of a call as written: `f(a, *list, name=b, **more)`.
struct ArgumentList {
  var positional: [any Expression] = []
  var named: [(name: String, value: any Expression)] = []
  var spreadList: (any Expression)?
  var spreadMapping: (any Expression)?

  var depth: Int {
    let all = positional + named.map(\.value) + [spreadList, spreadMapping].compactMap { $0 }
    return all.reduce(0) { max($0, $1.depth) }
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Arguments {
    var arguments = Arguments()
    for expression in positional {
      arguments.positional.append(try expression.evaluate(renderer, scope))
    }
    if let spreadList {
      arguments.positional += try spreadList.evaluate(renderer, scope).elements()
    }
    for (name, expression) in named {
      arguments.named.append((name, try expression.evaluate(renderer, scope)))
    }
    if let spreadMapping {
      try arguments.spread(try spreadMapping.evaluate(renderer, scope))
    }
    return arguments
  }
}

/// The arguments of one call.
struct Arguments {
  var positional: [Value] = []
  var named: [(name: String, value: Value)] = []

  var isEmpty: Bool { positional.isEmpty && named.isEmpty }

  mutating func spread(_ value: Value) throws {
    guard case .dictionary(let mapping) = value else {
      throw Failure("argument after ** must be a mapping, not \(value.typeName)")
    }
    for (key, value) in zip(mapping.keys, mapping.values) {
      guard let name = key.text else { throw Failure("keywords must be strings") }
      named.append((name.string, value))
    }
  }

  /// The values in the order of `names`, the first `required` of which must be there.
  func bind(_ function: String, _ names: [String], required: Int = 0) throws -> [Value?] {
    guard positional.count <= names.count else {
      throw Failure(
        "\(function)() takes at most \(names.count) arguments (\(positional.count) given)")
    }
    var result: [Value?] = positional + Array(repeating: nil, count: names.count - positional.count)
    for (name, value) in named {
      guard let index = names.firstIndex(of: name) else {
        throw Failure("\(function)() got an unexpected keyword argument '\(name)'")
      }
      guard result[index] == nil else {
        throw Failure("\(function)() got multiple values for argument '\(name)'")
      }
      result[index] = value
    }
    for index in 0..<required where result[index] == nil {
      throw Failure("\(function)() missing required argument: '\(names[index])'")
    }
    return result
  }
}
