/// Python's `%` operator and `str.format`.

let formatMethods: [String: Method<Text>] = [
  "format": { arguments, text, renderer in
    let formatter = FieldFormatter(template: text, arguments: arguments, renderer: renderer)
    return .string(try formatter.formatted())
  },
  "format_map": { arguments, text, renderer in
    var named = Arguments()
    try named.spread(try arguments.bind("format_map", ["mapping"], required: 1)[0] ?? .none)
    let formatter = FieldFormatter(template: text, arguments: named, renderer: renderer)
    return .string(try formatter.formatted())
  },
]

/// How one value is to be laid out: `[[fill]align][sign][#][0][width][,][.precision][type]`.
struct FormatSpecification: Equatable {
  enum Alignment { case left, right, center, afterSign }

  var fill: Unicode.Scalar = " "
  var alignment: Alignment?
  var sign: Unicode.Scalar = "-"
  var isAlternate = false
  var width = 0
  var grouping: Unicode.Scalar?
  var precision: Int?
  var type: Unicode.Scalar?

  /// Widths and precisions beyond this are refused.
  static let maximumWidth = 1 << 20

  init() {}

  init(_ text: String) throws {
    var rest = Array(text.unicodeScalars)[...]
    func take(_ test: (Unicode.Scalar) -> Bool) -> Unicode.Scalar? {
      guard let first = rest.first, test(first) else { return nil }
      return rest.removeFirst()
    }
    func number() throws -> Int? {
      var value: Int?
      while let digit = take({ ("0"..."9").contains($0) }) {
        value = (value ?? 0) * 10 + Int(digit.value - 48)
        guard value ?? 0 <= Self.maximumWidth else { throw Failure("Too many decimal digits") }
      }
      return value
    }
    if rest.count > 1, let alignment = Self.alignments[rest[rest.startIndex + 1]] {
      fill = rest.removeFirst()
      self.alignment = alignment
      rest.removeFirst()
    } else if let first = rest.first, let alignment = Self.alignments[first] {
      self.alignment = alignment
      rest.removeFirst()
    }
    sign = take { $0 == "+" || $0 == "-" || $0 == " " } ?? "-"
    isAlternate = take { $0 == "#" } != nil
    if take({ $0 == "0" }) != nil, alignment == nil {
      fill = "0"
      alignment = .afterSign
    }
    width = try number() ?? 0
    grouping = take { $0 == "," || $0 == "_" }
    if take({ $0 == "." }) != nil {
      precision = try number()
      if precision == nil { throw Failure("Format specifier missing precision") }
    }
    type = take { _ in true }
    guard rest.isEmpty else { throw Failure("Invalid format specifier '\(text)'") }
  }

  private static let alignments: [Unicode.Scalar: Alignment] = [
    "<": .left, ">": .right, "^": .center, "=": .afterSign,
  ]

  /// The text filled up to the width.
  func padded(_ text: Text, _ fallback: Alignment) -> Text {
    let missing = width - text.count
    guard missing > 0 else { return text }
    let alignment = alignment ?? fallback
    let signCount =
      alignment == .afterSign && (text.bytes.first.map { "+- ".utf8.contains($0) } ?? false) ? 1 : 0
    let before: Int
    switch alignment {
    case .left: before = 0
    case .right, .afterSign: before = missing
    case .center: before = missing / 2
    }
    var builder = TextBuilder()
    builder.append(text[0..<signCount])
    builder.append(String(repeating: String(fill), count: before))
    builder.append(text[signCount..<text.bytes.count])
    builder.append(String(repeating: String(fill), count: missing - before))
    return builder.text
  }
}

/// A value laid out by a specification, as Python's `format` does.
func format(_ value: Value, _ specification: FormatSpecification) throws -> Text {
  switch value {
  case .integer, .bool, .float:
    if case .bool = value, specification == FormatSpecification() { break }
    return specification.padded(Text(try number(value, specification)), .right)
  default: break
  }
  if let type = specification.type, type != "s" {
    throw Failure("Unknown format code '\(type)' for object of type '\(value.typeName)'")
  }
  let text = value.printed
  let shown = specification.precision.map { text.slice(0..<min($0, text.count)) } ?? text
  return specification.padded(shown, .left)
}

/// The digits of a number with its sign, without padding.
func number(_ value: Value, _ specification: FormatSpecification) throws -> String {
  var magnitude: String
  let isNegative: Bool
  if let integer = value.integer, !"eEfFgG%".unicodeScalars.contains(specification.type ?? "d") {
    isNegative = integer < 0
    magnitude = try digits(of: integer.magnitude, specification)
  } else {
    let double = value.double ?? 0
    isNegative = double.sign == .minus && !double.isNaN
    magnitude = try digits(of: double.magnitude, specification)
  }
  if let grouping = specification.grouping { magnitude = grouped(magnitude, String(grouping)) }
  let sign = isNegative ? "-" : specification.sign == "-" ? "" : String(specification.sign)
  return sign + magnitude
}

private func digits(of value: UInt, _ specification: FormatSpecification) throws -> String {
  switch specification.type {
  case nil, "d", "n", "i", "u": return String(value)
  case "x": return (specification.isAlternate ? "0x" : "") + String(value, radix: 16)
  case "X":
    return (specification.isAlternate ? "0X" : "") + String(value, radix: 16, uppercase: true)
  case "o": return (specification.isAlternate ? "0o" : "") + String(value, radix: 8)
  case "b": return (specification.isAlternate ? "0b" : "") + String(value, radix: 2)
  case "c": return UInt32(exactly: value).flatMap(Unicode.Scalar.init).map { String($0) } ?? ""
  case let type?: throw Failure("Unknown format code '\(type)' for object of type 'int'")
  }
}

private func digits(of value: Double, _ specification: FormatSpecification) throws -> String {
  if value.isNaN { return "nan" }
  if value.isInfinite { return "inf" }
  let precision = specification.precision ?? 6
  switch specification.type {
  case nil:
    guard let precision = specification.precision else { return pythonText(of: value) }
    return decimalText(value, .general, precision)
  case "f", "F": return decimalText(value, .fixed, precision)
  case "e": return decimalText(value, .exponent, precision)
  case "E": return decimalText(value, .exponent, precision).uppercased()
  case "g", "n": return decimalText(value, .general, precision)
  case "G": return decimalText(value, .general, precision).uppercased()
  case "%": return decimalText(value * 100, .fixed, precision) + "%"
  case let type?: throw Failure("Unknown format code '\(type)' for object of type 'float'")
  }
}

private func grouped(_ digits: String, _ separator: String) -> String {
  let whole = digits.prefix { ("0"..."9").contains($0) }
  var result = ""
  for (index, digit) in whole.enumerated() {
    if index > 0, (whole.count - index) % 3 == 0 { result += separator }
    result.append(digit)
  }
  return result + digits.dropFirst(whole.count)
}

// MARK: - The % operator

/// Python's `format % values`.
func formatPrintf(_ format: Text, _ values: Value, _ renderer: Renderer) throws -> Text {
  var formatter = PrintfFormatter(format, values, renderer)
  return try formatter.formatted()
}

private struct PrintfFormatter {
  let scalars: [Unicode.Scalar]
  let source: Text
  let renderer: Renderer
  let mapping: Mapping?
  var values: [Value]
  let isTuple: Bool
  var position = 0
  var used = 0

  init(_ format: Text, _ values: Value, _ renderer: Renderer) {
    source = format
    scalars = Array(format.scalars)
    self.renderer = renderer
    if case .tuple(let list) = values {
      self.values = list.elements
      isTuple = true
    } else {
      self.values = [values]
      isTuple = false
    }
    if case .dictionary(let mapping) = values { self.mapping = mapping } else { mapping = nil }
  }

  mutating func formatted() throws -> Text {
    var builder = TextBuilder()
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      if scalar == "%" {
        builder.append(try conversion())
      } else {
        builder.append(like: source) { $0 += String(scalar).utf8 }
      }
      try renderer.check(builder.bytes.count)
    }
    if used < values.count, mapping == nil, isTuple || !(values[0].isListLike) {
      throw Failure("not all arguments converted during string formatting")
    }
    try renderer.reserve(builder.bytes.count)
    return builder.text
  }

  private mutating func next() throws -> Value {
    guard used < values.count else { throw Failure("not enough arguments for format string") }
    used += 1
    return values[used - 1]
  }

  private mutating func conversion() throws -> Text {
    let key = try key()
    var specification = try flags()
    guard position < scalars.count else { throw Failure("incomplete format") }
    let type = scalars[position]
    position += 1
    if type == "%" { return Text("%") }
    let value = try argument(key)
    switch type {
    case "s", "r", "a":
      let text = type == "s" ? value.printed : value.representationText
      let shown = specification.precision.map { text.slice(0..<min($0, text.count)) } ?? text
      return specification.padded(shown, .right)
    case "c":
      return specification.padded(try character(value), .right)
    case "d", "i", "u":
      guard let number = value.double else {
        if case .undefined(let undefined) = value { throw Failure(undefined) }
        throw Failure("%\(type) format: a real number is required, not \(value.typeName)")
      }
      specification.type = "d"
      specification.precision = nil
      let integer = value.integer ?? Int(exactly: number.rounded(.towardZero)) ?? 0
      return try format(.integer(integer), specification)
    case "x", "X", "o", "e", "E", "f", "F", "g", "G":
      guard value.double != nil else {
        throw Failure("%\(type) format: a number is required, not \(value.typeName)")
      }
      specification.type = type
      return try format(value, specification)
    default: throw Failure("unsupported format character '\(type)'")
    }
  }

  /// The name in parentheses behind the sign.
  private mutating func key() throws -> String? {
    guard position < scalars.count, scalars[position] == "(" else { return nil }
    guard let end = scalars[position...].firstIndex(of: ")") else {
      throw Failure("incomplete format key")
    }
    var name = String.UnicodeScalarView()
    name.append(contentsOf: scalars[(position + 1)..<end])
    position = end + 1
    return String(name)
  }

  private mutating func argument(_ key: String?) throws -> Value {
    guard let key else { return try next() }
    guard let mapping else { throw Failure("format requires a mapping") }
    guard let value = mapping.value(Text(key)) else { throw Failure("KeyError: '\(key)'") }
    return value
  }

  private func character(_ value: Value) throws -> Text {
    if let text = value.text, text.count == 1 { return text }
    guard let code = value.integer.flatMap({ UInt32(exactly: $0) }).flatMap(Unicode.Scalar.init)
    else { throw Failure("%c requires int or char") }
    return Text(String(code))
  }

  /// Flags, width and precision.
  private mutating func flags() throws -> FormatSpecification {
    var specification = FormatSpecification()
    var isLeft = false
    flags: while position < scalars.count {
      switch scalars[position] {
      case "-": isLeft = true
      case "+": specification.sign = "+"
      case " ": if specification.sign != "+" { specification.sign = " " }
      case "#": specification.isAlternate = true
      case "0":
        specification.fill = "0"
        specification.alignment = .afterSign
      default: break flags
      }
      position += 1
    }
    specification.width = try width() ?? 0
    if position < scalars.count, scalars[position] == "." {
      position += 1
      specification.precision = try width() ?? 0
    }
    if isLeft {
      specification.fill = " "
      specification.alignment = .left
    }
    return specification
  }

  private mutating func width() throws -> Int? {
    if position < scalars.count, scalars[position] == "*" {
      position += 1
      guard let width = try next().integer else { throw Failure("* wants int") }
      return min(max(width, 0), FormatSpecification.maximumWidth)
    }
    var value: Int?
    while position < scalars.count, ("0"..."9").contains(scalars[position]) {
      value = (value ?? 0) * 10 + Int(scalars[position].value - 48)
      guard value ?? 0 <= FormatSpecification.maximumWidth else { throw Failure("width too big") }
      position += 1
    }
    return value
  }
}

extension Value {
  /// Values that `%` may leave unused: Python takes them for mappings.
  fileprivate var isListLike: Bool {
    switch self {
    case .list, .dictionary, .undefined: true
    default: false
    }
  }
}
