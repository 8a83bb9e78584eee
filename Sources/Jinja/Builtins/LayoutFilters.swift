/// Filters that lay text out, and those on numbers.

let layoutFilters: [String: Filter] = [
  "indent": { value, arguments, renderer in
    let values = try arguments.bind("indent", ["width", "first", "blank"])
    guard case .string(let text) = value else {
      if case .undefined(let undefined) = value { throw Failure(undefined) }
      throw Failure("unsupported operand type(s) for +=: '\(value.typeName)' and 'str'")
    }
    let indentation: Text
    if let string = values[0]?.text {
      indentation = string
    } else {
      let width = max(try integerArgument(values[0], "indent") ?? 4, 0)
      try renderer.reserve(width)
      indentation = Text(String(repeating: " ", count: width))
    }
    return .string(
      try indented(
        text, by: indentation, first: values[1]?.isTrue ?? false,
        blank: values[2]?.isTrue ?? false, renderer))
  },
  "center": { value, arguments, renderer in
    let width = try arguments.bind("center", ["width"])[0] ?? .integer(80)
    let centred = Arguments(positional: [width])
    return try stringMethods["center"]?(centred, value.printed, renderer) ?? value
  },
  "truncate": { value, arguments, renderer in
    let values = try arguments.bind("truncate", ["length", "killwords", "end", "leeway"])
    let length = try integerArgument(values[0], "truncate") ?? 255
    let end = try textArgument(values[2], "truncate") ?? Text("...")
    let leeway = try integerArgument(values[3], "truncate") ?? 5
    guard length >= end.count, leeway >= 0 else {
      throw Failure("expected length >= \(end.count), got \(length)")
    }
    if try value.length() <= length + leeway { return value }
    guard let text = value.text else { throw Failure("'\(value.typeName)' can't be truncated") }
    var kept = text.slice(0..<(length - end.count))
    if !(values[1]?.isTrue ?? false), let space = kept.lastOffset(of: Text(" ")) {
      kept = kept[0..<space]
    }
    return .string(try renderer.joined(kept, end))
  },
  "wordwrap": { value, arguments, renderer in
    let values = try arguments.bind(
      "wordwrap", ["width", "break_long_words", "wrapstring", "break_on_hyphens"])
    let width = max(try integerArgument(values[0], "wordwrap") ?? 79, 1)
    let separator = try textArgument(values[2], "wordwrap") ?? Text("\n")
    let breaksWords = values[1]?.isTrue ?? true
    let lines = value.printed.lines().flatMap { wrapped($0, width, breaksWords: breaksWords) }
    return .string(try join(lines, separator, renderer))
  },
  "xmlattr": { value, arguments, _ in
    let isSpaced = try arguments.bind("xmlattr", ["autospace"])[0]?.isTrue ?? true
    guard case .dictionary(let mapping) = value else {
      throw Failure("'\(value.typeName)' object has no attribute 'items'")
    }
    var items: [String] = []
    for (key, value) in zip(mapping.keys, mapping.values) where !value.isNone && !value.isUndefined
    {
      let name = key.printed
      guard !name.bytes.contains(where: { " \t\n\r\u{B}\u{C}/>=".utf8.contains($0) }) else {
        throw Failure("Invalid character in attribute name: \(key.representation)")
      }
      items.append("\(escaped(name).string)=\"\(escaped(value.printed).string)\"")
    }
    let text = items.joined(separator: " ")
    return .string(isSpaced && !text.isEmpty ? " " + text : text)
  },
]

private func indented(
  _ text: Text, by indentation: Text, first: Bool, blank: Bool, _ renderer: Renderer
) throws -> Text {
  var closed = TextBuilder()
  closed.append(text)
  closed.append("\n")
  let lines = closed.text.lines()
  try renderer.reserve(text.bytes.count + lines.count * indentation.bytes.count)
  var builder = TextBuilder()
  for (index, line) in lines.enumerated() {
    if index > 0 { builder.append("\n") }
    if index == 0 ? first : blank || !line.isEmpty { builder.append(indentation) }
    builder.append(line)
  }
  return builder.text
}

/// A line broken at white space so that no part is longer than the width.
private func wrapped(_ line: Text, _ width: Int, breaksWords: Bool) -> [Text] {
  var result: [Text] = []
  var start = 0
  let characters = line.characters
  while characters.count - start > width {
    let limit = start + width
    let isSpace: (Int) -> Bool = { characters[$0].bytes == [UInt8(ascii: " ")] }
    var end = limit
    while end > start, !isSpace(end) { end -= 1 }
    if end == start {
      end = limit
      if !breaksWords { while end < characters.count, !isSpace(end) { end += 1 } }
    }
    result.append(line.slice(start..<end).stripped(.right))
    start = end
    while start < characters.count, isSpace(start) { start += 1 }
  }
  if start < characters.count || result.isEmpty { result.append(line.slice(start..<line.count)) }
  return result
}

// MARK: - Numbers

let numberFilters: [String: Filter] = [
  "abs": { value, arguments, _ in
    _ = try arguments.bind("abs", [])
    if case .float(let number) = value { return .float(number.magnitude) }
    guard let integer = value.integer else {
      if case .undefined(let undefined) = value { throw Failure(undefined) }
      throw Failure("bad operand type for abs(): '\(value.typeName)'")
    }
    return try signed(.integer(integer), isNegative: integer < 0)
  },
  "int": { value, arguments, _ in
    let values = try arguments.bind("int", ["default", "base"])
    let base = try integerArgument(values[1], "int") ?? 10
    if case .undefined(let undefined) = value { throw Failure(undefined) }
    return parsedInteger(value, base: base).map(Value.integer) ?? values[0] ?? .integer(0)
  },
  "float": { value, arguments, _ in
    let fallback = try arguments.bind("float", ["default"])[0] ?? .float(0)
    if case .undefined(let undefined) = value { throw Failure(undefined) }
    return (value.double ?? value.text.flatMap(parsedFloat)).map(Value.float) ?? fallback
  },
  "round": { value, arguments, _ in
    let values = try arguments.bind("round", ["precision", "method"])
    let precision = try integerArgument(values[0], "round") ?? 0
    return try rounded(value, precision, values[1]?.text?.string ?? "common")
  },
  "filesizeformat": { value, arguments, _ in
    let isBinary = try arguments.bind("filesizeformat", ["binary"])[0]?.isTrue ?? false
    guard let bytes = value.double ?? value.text.flatMap(parsedFloat) else {
      throw Failure("could not convert to float: \(value.representation)")
    }
    return .string(fileSize(bytes, isBinary: isBinary))
  },
]

private func parsedInteger(_ value: Value, base: Int) -> Int? {
  if let integer = value.integer { return integer }
  if case .float(let number) = value { return Int(exactly: number.rounded(.towardZero)) }
  guard let text = value.text else { return nil }
  var digits = text.stripped().string.filter { $0 != "_" }.lowercased()
  let isNegative = digits.hasPrefix("-")
  if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
  var radix = base
  for (prefix, prefixBase) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
    guard base == prefixBase || base == 0 else { continue }
    radix = prefixBase
    digits.removeFirst(2)
  }
  if let first = digits.first, first.isHexDigit || first.isLetter,
    let integer = Int(digits, radix: (2...36).contains(radix) ? radix : 10)
  {
    return isNegative ? -integer : integer
  }
  return parsedFloat(text).flatMap { Int(exactly: $0.rounded(.towardZero)) }
}

private func parsedFloat(_ text: Text) -> Double? {
  let digits = text.stripped().string.filter { $0 != "_" }.lowercased()
  switch digits.drop(while: { $0 == "+" || $0 == "-" }) {
  case "inf", "infinity", "nan": return Double(digits)
  case let rest:
    guard let first = rest.first, first == "." || first.isNumber, !rest.contains("x") else {
      return nil
    }
    return Double(digits)
  }
}

private func rounded(_ value: Value, _ precision: Int, _ method: String) throws -> Value {
  guard let number = value.double else {
    if case .undefined(let undefined) = value { throw Failure(undefined) }
    throw Failure("type \(value.typeName) doesn't define __round__ method")
  }
  let scale = realPower(10, Double(precision))
  switch method {
  case "common":
    if let integer = value.integer, precision >= 0 { return .integer(integer) }
    guard number.isFinite, precision < 300 else { return .float(number) }
    if precision < 0 {
      let unit = realPower(10, Double(-precision))
      let result = (number / unit).rounded(.toNearestOrEven) * unit
      return value.integer == nil
        ? .float(result) : Int(exactly: result).map(Value.integer) ?? value
    }
    return .float(Double(decimalText(number, .fixed, precision)) ?? number)
  case "ceil": return .float((number * scale).rounded(.up) / scale)
  case "floor": return .float((number * scale).rounded(.down) / scale)
  default: throw Failure("method must be common, ceil or floor")
  }
}

private func fileSize(_ bytes: Double, isBinary: Bool) -> String {
  let base: Double = isBinary ? 1024 : 1000
  if bytes == 1 { return "1 Byte" }
  if bytes < base { return "\(Int(bytes)) Bytes" }
  let units =
    isBinary
    ? ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"] : ["k", "M", "G", "T", "P", "E", "Z", "Y"]
  var unit = base
  var index = 0
  while index < units.count - 1, bytes >= unit * base {
    unit *= base
    index += 1
  }
  return "\(decimalText(bytes / unit, .fixed, 1)) \(units[index])B"
}
