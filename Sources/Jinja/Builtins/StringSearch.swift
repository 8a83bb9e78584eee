/// Methods of `str` that look for text, replace it, or answer a question about it.

let searchMethods: [String: Method<Text>] = [
  "startswith": { arguments, text, _ in
    .bool(try matches(arguments, text, "startswith") { $0.hasPrefix($1) })
  },
  "endswith": { arguments, text, _ in
    .bool(try matches(arguments, text, "endswith") { $0.hasSuffix($1) })
  },
  "find": { arguments, text, _ in
    .integer(try find(arguments, text, "find", fromRight: false) ?? -1)
  },
  "rfind": { arguments, text, _ in
    .integer(try find(arguments, text, "rfind", fromRight: true) ?? -1)
  },
  "index": { arguments, text, _ in
    .integer(try found(find(arguments, text, "index", fromRight: false)))
  },
  "rindex": { arguments, text, _ in
    .integer(try found(find(arguments, text, "rindex", fromRight: true)))
  },
  "count": countOccurrences,
  "replace": replaceAll,
  "join": joinElements,
  "translate": translate,
]

private func found(_ index: Int?) throws -> Int {
  guard let index else { throw Failure("substring not found") }
  return index
}

/// Joins texts with a separator between them.
func join(_ texts: [Text], _ separator: Text, _ renderer: Renderer) throws -> Text {
  var builder = TextBuilder()
  for (index, text) in texts.enumerated() {
    if index > 0 { builder.append(separator) }
    builder.append(text)
    try renderer.check(builder.bytes.count)
  }
  try renderer.reserve(builder.bytes.count)
  return builder.text
}

extension Text {
  func replacing(
    _ old: Text, with new: Text, _ maximum: Int = .max, _ renderer: Renderer
  ) throws -> Text {
    let offsets =
      old.isEmpty ? characterOffsets(maximum) : Array(occurrences(of: old).prefix(maximum))
    if offsets.isEmpty { return self }
    try renderer.reserve(bytes.count + offsets.count * max(new.bytes.count - old.bytes.count, 0))
    var builder = TextBuilder()
    var start = 0
    for offset in offsets {
      builder.append(self[start..<offset])
      builder.append(new)
      start = offset + old.bytes.count
    }
    builder.append(self[start..<bytes.count])
    return builder.text
  }

  /// Where each character begins, and the end.
  private func characterOffsets(_ maximum: Int) -> [Int] {
    let starts = bytes.indices.filter { bytes[$0] & 0xC0 != 0x80 }
    return Array((starts + [bytes.count]).prefix(maximum))
  }
}

/// The part of the text that optional start and end arguments name; nil for an impossible one.
private func range(_ text: Text, _ start: Value?, _ end: Value?, _ name: String) throws
  -> Range<Int>?
{
  func clipped(_ index: Int) -> Int {
    index < 0 ? max(index < -text.count ? 0 : index + text.count, 0) : index
  }
  let lower = clipped(try integerArgument(start, name) ?? 0)
  let upper = min(clipped(try integerArgument(end, name) ?? text.count), text.count)
  guard lower <= upper else { return nil }
  return text.offset(ofScalar: lower)..<text.offset(ofScalar: upper)
}

private func needleAndRange(
  _ arguments: Arguments, _ text: Text, _ name: String
) throws -> (Text, Range<Int>?) {
  let values = try arguments.bind(name, ["sub", "start", "end"], required: 1)
  return (try requiredText(values[0], name), try range(text, values[1], values[2], name))
}

private func find(
  _ arguments: Arguments, _ text: Text, _ name: String, fromRight: Bool
) throws -> Int? {
  let (needle, range) = try needleAndRange(arguments, text, name)
  guard let range else { return nil }
  let offset =
    fromRight
    ? text.lastOffset(of: needle, from: range.lowerBound, to: range.upperBound)
    : text.firstOffset(of: needle, from: range.lowerBound, to: range.upperBound)
  return offset.map(text.scalarIndex)
}

private func matches(
  _ arguments: Arguments, _ text: Text, _ name: String, _ test: (Text, Text) -> Bool
) throws -> Bool {
  let values = try arguments.bind(name, ["prefix", "start", "end"], required: 1)
  guard let range = try range(text, values[1], values[2], name) else { return false }
  let part = text[range]
  switch values[0] {
  case .string(let wanted): return test(part, wanted)
  case .tuple(let list):
    return try list.elements.contains { test(part, try requiredText($0, name)) }
  case .undefined(let undefined): throw Failure(undefined)
  case let value?:
    throw Failure(
      "\(name) first arg must be str or a tuple of str, not \(value.typeName)")
  case nil: return false
  }
}

// MARK: - Predicates

/// A question that the text answers with yes if it isn't empty and every character does.
private func every(_ name: String, _ test: @escaping @Sendable (Unicode.Scalar) -> Bool)
  -> Method<Text>
{
  { arguments, text, _ in
    _ = try arguments.bind(name, [])
    return .bool(!text.isEmpty && text.scalars.allSatisfy(test))
  }
}

let predicateMethods: [String: Method<Text>] = [
  "isspace": every("isspace") { $0.isPythonSpace },
  "isalpha": every("isalpha") { $0.isLetter },
  "isdigit": every("isdigit") { $0.isDigit },
  "isdecimal": every("isdecimal") { $0.isDecimalDigit },
  "isnumeric": every("isnumeric") { $0.isNumeric },
  "isalnum": every("isalnum") { $0.isLetter || $0.isNumeric },
  "isascii": { _, text, _ in .bool(text.isASCII) },
  "isprintable": { _, text, _ in .bool(text.scalars.allSatisfy(\.isPrintable)) },
  "isupper": { _, text, _ in .bool(text.isUppercase) },
  "islower": { _, text, _ in .bool(text.isLowercase) },
  "istitle": { _, text, _ in .bool(text == text.titled && text.hasCase) },
  "isidentifier": { _, text, _ in
    let scalars = text.scalars
    return .bool(
      scalars.first?.isIdentifierStart == true && scalars.allSatisfy(\.isIdentifierPart))
  },
]

extension Text {
  var hasCase: Bool { scalars.contains { $0.properties.isCased } }

  var isUppercase: Bool {
    hasCase && scalars.allSatisfy { !$0.properties.isLowercase && !$0.isTitlecase }
  }

  var isLowercase: Bool {
    hasCase && scalars.allSatisfy { !$0.properties.isUppercase && !$0.isTitlecase }
  }
}

extension Unicode.Scalar {
  fileprivate var isTitlecase: Bool { properties.generalCategory == .titlecaseLetter }
}

// MARK: - Padding

let paddingMethods: [String: Method<Text>] = [
  "center": { try pad($0, $1, $2, "center") { $0 / 2 + ($0 & $1 & 1) } },
  "ljust": { try pad($0, $1, $2, "ljust") { _, _ in 0 } },
  "rjust": { try pad($0, $1, $2, "rjust") { missing, _ in missing } },
  "zfill": { arguments, text, renderer in
    let width = try integerArgument(arguments.bind("zfill", ["width"], required: 1)[0], "zfill")
    let missing = max((width ?? 0) - text.count, 0)
    try renderer.reserve(missing + text.bytes.count)
    let hasSign = text.bytes.first == UInt8(ascii: "-") || text.bytes.first == UInt8(ascii: "+")
    var builder = TextBuilder()
    builder.append(text[0..<(hasSign ? 1 : 0)])
    builder.append(String(repeating: "0", count: missing))
    builder.append(text[(hasSign ? 1 : 0)..<text.bytes.count])
    return .string(builder.text)
  },
  "expandtabs": { arguments, text, renderer in
    let size = try integerArgument(arguments.bind("expandtabs", ["tabsize"])[0], "expandtabs") ?? 8
    var builder = TextBuilder()
    var column = 0
    for scalar in text.scalars {
      if scalar == "\t" {
        let spaces = size > 0 ? size - column % size : 0
        try renderer.check(builder.bytes.count + spaces)
        builder.append(String(repeating: " ", count: spaces))
        column += spaces
      } else {
        builder.append(like: text) { $0 += String(scalar).utf8 }
        column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
      }
    }
    return .string(builder.text)
  },
]

/// Pads to a width; `left` says how many of the missing characters go before the text.
private func pad(
  _ arguments: Arguments, _ text: Text, _ renderer: Renderer, _ name: String,
  _ left: (_ missing: Int, _ width: Int) -> Int
) throws -> Value {
  let values = try arguments.bind(name, ["width", "fillchar"], required: 1)
  let width = try integerArgument(values[0], name) ?? 0
  let fill = try textArgument(values[1], name) ?? Text(" ")
  guard fill.count == 1 else {
    throw Failure("The fill character must be exactly one character long")
  }
  let missing = max(width - text.count, 0)
  try renderer.reserve(missing + text.bytes.count)
  let before = left(missing, width)
  var builder = TextBuilder()
  for _ in 0..<before { builder.append(fill) }
  builder.append(text)
  for _ in 0..<(missing - before) { builder.append(fill) }
  return .string(builder.text)
}

private func countOccurrences(
  _ arguments: Arguments, _ text: Text, _: Renderer
) throws -> Value {
  let (needle, range) = try needleAndRange(arguments, text, "count")
  guard let range else { return .integer(0) }
  let part = text[range]
  return .integer(needle.isEmpty ? part.count + 1 : part.occurrences(of: needle).count)
}

private func replaceAll(
  _ arguments: Arguments, _ text: Text, _ renderer: Renderer
) throws -> Value {
  let values = try arguments.bind("replace", ["old", "new", "count"], required: 2)
  let limit = try integerArgument(values[2], "replace") ?? -1
  return .string(
    try text.replacing(
      requiredText(values[0], "replace"), with: requiredText(values[1], "replace"),
      limit < 0 ? .max : limit, renderer))
}

private func joinElements(
  _ arguments: Arguments, _ separator: Text, _ renderer: Renderer
) throws -> Value {
  let elements = try arguments.bind("join", ["iterable"], required: 1)[0]?.elements() ?? []
  let texts = try elements.enumerated().map { index, element in
    guard let text = element.text else {
      throw Failure(
        "sequence item \(index): expected str instance, \(element.typeName) found")
    }
    return text
  }
  return .string(try join(texts, separator, renderer))
}

private func translate(
  _ arguments: Arguments, _ text: Text, _ renderer: Renderer
) throws -> Value {
  guard case .dictionary(let table) = try arguments.bind("translate", ["table"])[0] else {
    throw Failure("translate() argument must be a dict")
  }
  var builder = TextBuilder()
  for scalar in text.scalars {
    switch table.value(.integer(Int(scalar.value))) {
    case nil: builder.append(like: text) { $0 += String(scalar).utf8 }
    case .string(let replacement)?: builder.append(replacement)
    case .integer(let value)?:
      builder.append(UInt32(exactly: value).flatMap(Unicode.Scalar.init).map { String($0) } ?? "")
    default: break
    }
    try renderer.check(builder.bytes.count)
  }
  try renderer.reserve(builder.bytes.count)
  return .string(builder.text)
}
