/// Parsing whole texts, and writing values as text.

extension JSON {
  /// Parses a whole JSON text. `NaN` and `Infinity` are taken as Python writes them.
  public init(parsing text: String) throws {
    var text = text
    self = try text.withUTF8 { try JSON(parsing: UnsafeRawBufferPointer($0)) }
  }

  public init(parsing bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { try JSON(parsing: $0) }
  }

  public init(parsing bytes: UnsafeRawBufferPointer) throws {
    var reader = JSONReader(bytes)
    self = try reader.readValue()
    try reader.finish()
  }

  /// How `text(style:)` lays a value out.
  public enum Style: Sendable {
    /// `{"a":1,"b":[2]}`: the wire.
    case compact
    /// `{"a": 1, "b": [2]}`: what Python's `json.dumps` and `tojson` write.
    case spaced
    /// Two spaces of indentation: files that people read.
    case indented
  }

  /// The value as JSON text; members in their order, characters beyond ASCII as they are.
  public func text(style: Style = .compact) -> String {
    var output: [UInt8] = []
    write(to: &output, style: style, indentation: 0)
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends the JSON text of a string, quotes included.
  public static func writeString(_ string: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
      case 0x08: output += "\\b".utf8
      case 0x0C: output += "\\f".utf8
      case 0x0A: output += "\\n".utf8
      case 0x0D: output += "\\r".utf8
      case 0x09: output += "\\t".utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        output += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private func write(to output: inout [UInt8], style: Style, indentation: Int) {
    switch self {
    case .null: output += "null".utf8
    case .bool(let value): output += (value ? "true" : "false").utf8
    case .integer(let value): output += String(value).utf8
    case .number(let value): output += Self.numberText(value).utf8
    case .string(let value): Self.writeString(value, to: &output)
    case .array(let elements):
      Self.writeList(elements, "[", "]", to: &output, style, indentation) { element, output in
        element.write(to: &output, style: style, indentation: indentation + 1)
      }
    case .object(let object):
      Self.writeList(object.members, "{", "}", to: &output, style, indentation) { member, output in
        Self.writeString(member.key, to: &output)
        output += (style == .compact ? ":" : ": ").utf8
        member.value.write(to: &output, style: style, indentation: indentation + 1)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, to output: inout [UInt8],
    _ style: Style, _ indentation: Int, _ writeElement: (Element, inout [UInt8]) -> Void
  ) {
    func newLine(_ depth: Int) {
      if style == .indented, !elements.isEmpty {
        output += ("\n" + String(repeating: "  ", count: depth)).utf8
      }
    }
    output += open.utf8
    for (index, element) in elements.enumerated() {
      if index > 0 { output += (style == .spaced ? ", " : ",").utf8 }
      newLine(indentation + 1)
      writeElement(element, &output)
    }
    newLine(indentation)
    output += close.utf8
  }

  /// Shortest text that reads back as the same number; NaN and infinities as Python writes them.
  static func numberText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
    return value.description
  }
}
