/// The `tojson` filter as transformers defines it: Python's `json.dumps` without escaping of HTML
/// or of characters beyond ASCII.
struct JSONWriter {
  private let escapesNonASCII: Bool
  private let sortsKeys: Bool
  /// What one level of indentation is; nil for everything on one line.
  private let indentation: Text?
  private let itemSeparator: Text
  private let keySeparator: Text
  private let renderer: Renderer

  init(_ arguments: Arguments, _ renderer: Renderer) throws {
    let values = try arguments.bind(
      "tojson", ["ensure_ascii", "indent", "separators", "sort_keys"])
    escapesNonASCII = values[0]?.isTrue ?? false
    sortsKeys = values[3]?.isTrue ?? false
    if let text = values[1]?.text {
      indentation = text
    } else {
      let width = try integerArgument(values[1], "tojson").map { max($0, 0) }
      try renderer.reserve(width ?? 0)
      indentation = width.map { Text(String(repeating: " ", count: $0)) }
    }
    if let separators = values[2], !separators.isNone {
      let parts = try separators.elements()
      guard parts.count == 2 else { throw Failure("separators must be a pair") }
      itemSeparator = try requiredText(parts[0], "tojson")
      keySeparator = try requiredText(parts[1], "tojson")
    } else {
      itemSeparator = indentation == nil ? Text(", ") : Text(",")
      keySeparator = Text(": ")
    }
    self.renderer = renderer
  }

  func text(of value: Value) throws -> Text {
    var builder = TextBuilder()
    try write(value, 0, to: &builder)
    try renderer.reserve(builder.bytes.count)
    return builder.text
  }

  private func write(_ value: Value, _ level: Int, to builder: inout TextBuilder) throws {
    try renderer.spend(1)
    switch value {
    case .none: builder.append("null")
    case .bool(let value): builder.append(value ? "true" : "false")
    case .integer(let value): builder.append(String(value))
    case .float(let value): builder.append(Self.numberText(value))
    case .string(let text): write(text, to: &builder)
    case .list(let list), .tuple(let list):
      try writeRow(list.elements, "[", "]", level, to: &builder) { element, builder in
        try write(element, level + 1, to: &builder)
      }
    case .dictionary(let mapping):
      try writeRow(try members(of: mapping), "{", "}", level, to: &builder) { member, builder in
        write(member.name, to: &builder)
        builder.append(keySeparator)
        try write(member.value, level + 1, to: &builder)
      }
    case .object(let group as Group): try write(.tuple(group.parts), level, to: &builder)
    case .undefined, .object:
      throw Failure("Object of type \(value.typeName) is not JSON serializable")
    }
  }

  private static func numberText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return pythonText(of: value)
  }

  private func members(of mapping: Mapping) throws -> [(name: Text, value: Value)] {
    var members = try zip(mapping.keys, mapping.values).map { (name: try name($0), value: $1) }
    if sortsKeys { members.sort { $0.name < $1.name } }
    return members
  }

  private func name(_ key: Value) throws -> Text {
    switch key {
    case .string(let text): return text
    case .none: return Text("null")
    case .bool(let value): return Text(value ? "true" : "false")
    case .integer(let value): return Text(String(value))
    case .float(let value): return Text(Self.numberText(value))
    default: throw Failure("keys must be str, int, float, bool or None, not \(key.typeName)")
    }
  }

  private func writeRow<Element>(
    _ elements: [Element], _ open: String, _ close: String, _ level: Int,
    to builder: inout TextBuilder, _ writeElement: (Element, inout TextBuilder) throws -> Void
  ) throws {
    builder.append(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { builder.append(itemSeparator) }
      writeLineBreak(level + 1, to: &builder)
      try writeElement(element, &builder)
      try renderer.check(builder.bytes.count)
    }
    if !elements.isEmpty { writeLineBreak(level, to: &builder) }
    builder.append(close)
  }

  private func writeLineBreak(_ level: Int, to builder: inout TextBuilder) {
    guard let indentation else { return }
    builder.append("\n")
    for _ in 0..<level { builder.append(indentation) }
  }

  private func write(_ text: Text, to builder: inout TextBuilder) {
    builder.append("\"")
    builder.append(like: text) { output in
      if escapesNonASCII {
        for scalar in text.scalars { writeASCII(scalar, to: &output) }
      } else {
        for byte in text.bytes { writeEscaped(byte, to: &output) }
      }
    }
    builder.append("\"")
  }

  private func writeEscaped(_ byte: UInt8, to output: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
    case 0x08: output += "\\b".utf8
    case 0x0C: output += "\\f".utf8
    case 0x0A: output += "\\n".utf8
    case 0x0D: output += "\\r".utf8
    case 0x09: output += "\\t".utf8
    case 0..<0x20: output += "\\u\(hexadecimal(UInt32(byte), 4))".utf8
    default: output.append(byte)
    }
  }

  private func writeASCII(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
    if scalar.value < 0x7F {
      writeEscaped(UInt8(scalar.value), to: &output)
    } else {
      for unit in String(scalar).utf16 { output += "\\u\(hexadecimal(UInt32(unit), 4))".utf8 }
    }
  }
}
