/// Expressions other than calls, filters and tests.

final class Constant: Expression {
  let value: Value
  let depth = 1
  init(_ value: Value) { self.value = value }
  func evaluate(_ renderer: Renderer, _ scope: Scope) -> Value { value }
}

final class Name: Expression {
  let name: String
  let symbol: Int
  let depth = 1

  init(_ name: String, _ symbol: Int) {
    self.name = name
    self.symbol = symbol
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    scope.value(symbol) ?? Undefined.name(name)
  }
}

final class Collection: Expression {
  let elements: [any Expression]
  let isTuple: Bool
  let depth: Int

  init(_ elements: [any Expression], isTuple: Bool) {
    self.elements = elements
    self.isTuple = isTuple
    depth = 1 + elements.reduce(0) { max($0, $1.depth) }
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    try renderer.spend(elements.count)
    let values = try elements.map { try $0.evaluate(renderer, scope) }
    return try isTuple ? .tuple(values) : .list(values)
  }
}

final class DictionaryLiteral: Expression {
  let members: [(key: any Expression, value: any Expression)]
  let depth: Int

  init(_ members: [(key: any Expression, value: any Expression)]) {
    self.members = members
    depth = 1 + members.reduce(0) { max($0, $1.key.depth, $1.value.depth) }
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    try renderer.spend(members.count)
    let mapping = Mapping()
    for (key, value) in members {
      try mapping.set(
        try key.evaluate(renderer, scope), try value.evaluate(renderer, scope))
    }
    return .dictionary(mapping)
  }
}

final class Binary: Expression {
  let operation: BinaryOperator
  let left: any Expression
  let right: any Expression
  let line: Int
  let depth: Int

  init(_ operation: BinaryOperator, _ left: any Expression, _ right: any Expression, line: Int) {
    self.operation = operation
    self.left = left
    self.right = right
    self.line = line
    depth = 1 + max(left.depth, right.depth)
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    let left = try left.evaluate(renderer, scope)
    let right = try right.evaluate(renderer, scope)
    renderer.line = line
    return try apply(operation, left, right, renderer)
  }
}

final class Sign: Expression {
  let operand: any Expression
  let isNegative: Bool
  let depth: Int

  init(_ operand: any Expression, isNegative: Bool) {
    self.operand = operand
    self.isNegative = isNegative
    depth = 1 + operand.depth
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    try signed(try operand.evaluate(renderer, scope), isNegative: isNegative)
  }
}

/// `a ~ b ~ c`: the printed forms joined.
final class Concatenation: Expression {
  let parts: [any Expression]
  let depth: Int

  init(_ parts: [any Expression]) {
    self.parts = parts
    depth = 1 + parts.reduce(0) { max($0, $1.depth) }
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    var builder = TextBuilder()
    for part in parts {
      let text = try part.evaluate(renderer, scope).printed
      try renderer.check(builder.bytes.count + text.bytes.count)
      builder.append(text)
    }
    try renderer.reserve(builder.bytes.count)
    return .string(builder.text)
  }
}

final class Not: Expression {
  let operand: any Expression
  let depth: Int

  init(_ operand: any Expression) {
    self.operand = operand
    depth = 1 + operand.depth
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    .bool(!(try operand.evaluate(renderer, scope).isTrue))
  }
}

/// `and` and `or`, which give one of their operands.
final class Logical: Expression {
  let left: any Expression
  let right: any Expression
  let isAnd: Bool
  let depth: Int

  init(_ left: any Expression, _ right: any Expression, isAnd: Bool) {
    self.left = left
    self.right = right
    self.isAnd = isAnd
    depth = 1 + max(left.depth, right.depth)
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    let left = try left.evaluate(renderer, scope)
    return left.isTrue == isAnd ? try right.evaluate(renderer, scope) : left
  }
}

/// `a < b <= c`, `a in b`.
final class Comparison: Expression {
  enum Operator: String {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
  }

  let first: any Expression
  let rest: [(operation: Operator, operand: any Expression)]
  let line: Int
  let depth: Int

  init(
    _ first: any Expression, _ rest: [(operation: Operator, operand: any Expression)], line: Int
  ) {
    self.first = first
    self.rest = rest
    self.line = line
    depth = 1 + rest.reduce(first.depth) { max($0, $1.operand.depth) }
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    var left = try first.evaluate(renderer, scope)
    for (operation, operand) in rest {
      let right = try operand.evaluate(renderer, scope)
      renderer.line = line
      if case .string(let text) = right { try renderer.spend(on: text) }
      if try !compare(operation, left, right) { return .bool(false) }
      left = right
    }
    return .bool(true)
  }
}

/// The result of one comparison.
func compare(_ operation: Comparison.Operator, _ left: Value, _ right: Value) throws -> Bool {
  switch operation {
  case .equal: return areEqual(left, right)
  case .notEqual: return !areEqual(left, right)
  case .isIn: return try contains(right, left)
  case .isNotIn: return try !contains(right, left)
  case .less: return try order(left, right, "<") == .less
  case .greater: return try order(left, right, ">") == .greater
  case .lessOrEqual:
    let order = try order(left, right, "<=")
    return order == .less || order == .equal
  case .greaterOrEqual:
    let order = try order(left, right, ">=")
    return order == .greater || order == .equal
  }
}

/// `a if condition else b`.
final class Conditional: Expression {
  let condition: any Expression
  let value: any Expression
  let alternative: (any Expression)?
  let line: Int
  let depth: Int

  init(
    _ condition: any Expression, _ value: any Expression, _ alternative: (any Expression)?,
    line: Int
  ) {
    self.condition = condition
    self.value = value
    self.alternative = alternative
    self.line = line
    depth = 1 + max(condition.depth, value.depth, alternative?.depth ?? 0)
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    if try condition.evaluate(renderer, scope).isTrue {
      return try value.evaluate(renderer, scope)
    }
    if let alternative { return try alternative.evaluate(renderer, scope) }
    let line = line
    return .undefined(
      Undefined(
        message: "the inline if-expression on line \(line) evaluated to false and no else section "
          + "was defined."))
  }
}
