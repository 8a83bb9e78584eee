/// Python's operators on numbers, strings and lists.

/// A binary operator of the template language.
enum BinaryOperator: String {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case power = "**"

  /// The name in Python's messages.
  var description: String { self == .power ? "** or pow()" : rawValue }
}

/// Applies an operator as Python does.
func apply(
  _ operation: BinaryOperator, _ left: Value, _ right: Value, _ renderer: Renderer
) throws -> Value {
  if case .integer(let a) = left, case .integer(let b) = right {
    return try integers(operation, a, b)
  }
  if let result = try sequences(operation, left, right, renderer) { return result }
  if let a = left.integer, let b = right.integer { return try integers(operation, a, b) }
  if let a = left.double, let b = right.double { return .float(try floats(operation, a, b)) }
  throw unsupported(operation, left, right)
}

private func unsupported(_ operation: BinaryOperator, _ left: Value, _ right: Value) -> Failure {
  if case .undefined(let undefined) = left { return Failure(undefined) }
  if case .undefined(let undefined) = right { return Failure(undefined) }
  switch (operation, left) {
  case (.add, .string), (.add, .list), (.add, .tuple):
    let type = left.typeName
    return Failure("can only concatenate \(type) (not \"\(right.typeName)\") to \(type)")
  default:
    return Failure(
      "unsupported operand type(s) for \(operation.description): "
        + "'\(left.typeName)' and '\(right.typeName)'")
  }
}

private let overflow = Failure("an integer is beyond 64 bits")

private func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> Value {
  if result.overflow { throw overflow }
  return .integer(result.partialValue)
}

private func integers(_ operation: BinaryOperator, _ a: Int, _ b: Int) throws -> Value {
  switch operation {
  case .add: return try checked(a.addingReportingOverflow(b))
  case .subtract: return try checked(a.subtractingReportingOverflow(b))
  case .multiply: return try checked(a.multipliedReportingOverflow(by: b))
  case .divide:
    guard b != 0 else { throw Failure("division by zero") }
    return .float(Double(a) / Double(b))
  case .floorDivide:
    let (quotient, remainder) = try divided(a, b)
    return .integer(remainder != 0 && (remainder < 0) != (b < 0) ? quotient - 1 : quotient)
  case .modulo:
    let (_, remainder) = try divided(a, b)
    return .integer(remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder)
  case .power: return try power(a, b)
  }
}

private func divided(_ a: Int, _ b: Int) throws -> (Int, Int) {
  guard b != 0 else { throw Failure("integer division or modulo by zero") }
  if b == -1 {
    guard a != .min else { throw overflow }
    return (-a, 0)
  }
  return a.quotientAndRemainder(dividingBy: b)
}

private func power(_ base: Int, _ exponent: Int) throws -> Value {
  if exponent < 0 { return .float(try floats(.power, Double(base), Double(exponent))) }
  var result = 1
  var factor = base
  var remaining = exponent
  while remaining > 0 {
    if remaining & 1 == 1 {
      let product = result.multipliedReportingOverflow(by: factor)
      if product.overflow { throw overflow }
      result = product.partialValue
    }
    remaining >>= 1
    if remaining == 0 { break }
    let square = factor.multipliedReportingOverflow(by: factor)
    if square.overflow { throw overflow }
    factor = square.partialValue
  }
  return .integer(result)
}

private func floats(_ operation: BinaryOperator, _ a: Double, _ b: Double) throws -> Double {
  switch operation {
  case .add: return a + b
  case .subtract: return a - b
  case .multiply: return a * b
  case .divide:
    guard b != 0 else { throw Failure("float division by zero") }
    return a / b
  case .floorDivide:
    guard b != 0 else { throw Failure("float floor division by zero") }
    return ((a - floatModulo(a, b)) / b).rounded()
  case .modulo:
    guard b != 0 else { throw Failure("float modulo by zero") }
    return floatModulo(a, b)
  case .power:
    guard a != 0 || b >= 0 else { throw Failure("0.0 cannot be raised to a negative power") }
    let result = realPower(a, b)
    guard !result.isNaN || a.isNaN || b.isNaN else {
      throw Failure("a negative number cannot be raised to a fractional power")
    }
    guard result.isFinite || a.isInfinite || b.isInfinite else {
      throw Failure("Numerical result out of range")
    }
    return result
  }
}

private func floatModulo(_ a: Double, _ b: Double) -> Double {
  let remainder = a.truncatingRemainder(dividingBy: b)
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
}

/// Operators on strings and lists; nil where there is none for these values.
private func sequences(
  _ operation: BinaryOperator, _ left: Value, _ right: Value, _ renderer: Renderer
) throws -> Value? {
  switch (operation, left, right) {
  case (.add, .string(let a), .string(let b)): return .string(try renderer.joined(a, b))
  case (.add, .list(let a), .list(let b)):
    try renderer.spend(a.elements.count + b.elements.count)
    return try .list(a.elements + b.elements)
  case (.add, .tuple(let a), .tuple(let b)):
    try renderer.spend(a.elements.count + b.elements.count)
    return try .tuple(a.elements + b.elements)
  case (.modulo, .string(let format), _):
    return .string(try formatPrintf(format, right, renderer))
  case (.multiply, _, .string), (.multiply, _, .list), (.multiply, _, .tuple):
    return try left.integer.flatMap { try repeated(right, $0, renderer) }
  case (.multiply, _, _): return try right.integer.flatMap { try repeated(left, $0, renderer) }
  default: return nil
  }
}

private func repeated(_ value: Value, _ count: Int, _ renderer: Renderer) throws -> Value? {
  let count = max(count, 0)
  func all(_ list: List) throws -> [Value] {
    let (total, overflow) = list.elements.count.multipliedReportingOverflow(by: count)
    try renderer.spend(overflow ? .max : total)
    return Array(repeatElement(list.elements, count: count).joined())
  }
  switch value {
  case .string(let text):
    let (size, overflow) = text.bytes.count.multipliedReportingOverflow(by: count)
    try renderer.reserve(overflow ? .max : size)
    var builder = TextBuilder()
    if size > 0 { for _ in 0..<count { builder.append(text) } }
    return .string(builder.text)
  case .list(let list): return try .list(all(list))
  case .tuple(let list): return try .tuple(all(list))
  default: return nil
  }
}

/// `-value` or `+value`.
func signed(_ value: Value, isNegative: Bool) throws -> Value {
  if case .undefined(let undefined) = value { throw Failure(undefined) }
  if case .float(let number) = value { return .float(isNegative ? -number : number) }
  guard let integer = value.integer else {
    let sign = isNegative ? "-" : "+"
    throw Failure("bad operand type for unary \(sign): '\(value.typeName)'")
  }
  return try isNegative
    ? checked(Int.zero.subtractingReportingOverflow(integer)) : .integer(integer)
}
