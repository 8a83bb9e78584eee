/// A pull parser over UTF-8 bytes: the caller asks for the value it expects, member by member, so
/// that a large file (a vocabulary, a safetensors header) is read without building a tree.
///
/// Hostile input ends in a `JSONError` with its place: depth is limited, strings must be valid
/// UTF-8, and nothing recurses without a bound.
public struct JSONReader: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var depth = 0

  /// Values nested deeper than this are refused.
  public static let maximumDepth = 256

  /// Reads from `bytes`, which must outlive the reader.
  public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Byte offset of the next unread byte.
  public var offset: Int { position }
}

/// Why text isn't JSON, and where.
public struct JSONError: Error, CustomStringConvertible {
  public let message: String
  /// Byte offset in the text.
  public let offset: Int
  public let line: Int

  public var description: String { "\(message) at line \(line) (byte \(offset))" }
}

extension JSONReader {
  /// The first byte of the next value, after white space; nil at the end of the text.
  public mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        position += 1
      default: return bytes[position]
      }
    }
    return nil
  }

  /// Reads an object; `member` must consume the value of every key it is given.
  public mutating func readObject(
    _ member: (_ key: String, _ reader: inout JSONReader) throws -> Void
  ) throws {
    try readObjectBytes { key, reader in try member(String(decoding: key, as: UTF8.self), &reader) }
  }

  /// Reads an object whose keys are handed on as UTF-8 bytes, without becoming strings.
  public mutating func readObjectBytes(
    _ member: (_ key: [UInt8], _ reader: inout JSONReader) throws -> Void
  ) throws {
    try open(UInt8(ascii: "{"), "an object")
    if try close(UInt8(ascii: "}")) { return }
    repeat {
      guard peek() == UInt8(ascii: "\"") else { throw error("expected a member name") }
      let key = try readStringBytes()
      try expect(UInt8(ascii: ":"))
      try member(key, &self)
    } while try separator(or: UInt8(ascii: "}"))
  }

  /// Reads an array; `element` must consume one value each time it is called.
  public mutating func readArray(_ element: (_ reader: inout JSONReader) throws -> Void) throws {
    try open(UInt8(ascii: "["), "an array")
    if try close(UInt8(ascii: "]")) { return }
    repeat { try element(&self) } while try separator(or: UInt8(ascii: "]"))
  }

  public mutating func readString() throws -> String {
    String(decoding: try readStringBytes(), as: UTF8.self)
  }

  public mutating func readInteger() throws -> Int {
    let start = offset
    guard let value = try readNumber().integer else {
      throw error("expected an integer", at: start)
    }
    return value
  }

  public mutating func readBool() throws -> Bool {
    switch peek() {
    case UInt8(ascii: "t"):
      try literal("true")
      return true
    case UInt8(ascii: "f"):
      try literal("false")
      return false
    default: throw error("expected a boolean")
    }
  }

  /// Reads whatever value comes next.
  public mutating func readValue() throws -> JSON {
    switch peek() {
    case UInt8(ascii: "{"):
      var object = JSONObject()
      try readObject { key, reader in object[key] = try reader.readValue() }
      return .object(object)
    case UInt8(ascii: "["):
      var array: [JSON] = []
      try readArray { reader in array.append(try reader.readValue()) }
      return .array(array)
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try readBool())
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    case nil: throw error("unexpected end of text")
    default: return try readNumber()
    }
  }

  /// Passes over one value of any kind.
  public mutating func skipValue() throws {
    switch peek() {
    case UInt8(ascii: "{"): try readObjectBytes { _, reader in try reader.skipValue() }
    case UInt8(ascii: "["): try readArray { reader in try reader.skipValue() }
    case UInt8(ascii: "\""): _ = try readStringBytes()
    default: _ = try readValue()
    }
  }

  /// Refuses anything but white space after the value that was read.
  public mutating func finish() throws {
    if peek() != nil { throw error("unexpected text after the value") }
  }

  public func error(_ message: String) -> JSONError { error(message, at: position) }

  private func error(_ message: String, at offset: Int) -> JSONError {
    let line = bytes[..<min(offset, bytes.count)].reduce(1) {
      $1 == UInt8(ascii: "\n") ? $0 + 1 : $0
    }
    return JSONError(message: message, offset: offset, line: line)
  }
}

// MARK: - Structure

extension JSONReader {
  private mutating func open(_ bracket: UInt8, _ kind: String) throws {
    guard peek() == bracket else { throw error("expected \(kind)") }
    guard depth < Self.maximumDepth else { throw error("nested too deeply") }
    position += 1
    depth += 1
  }

  private mutating func close(_ bracket: UInt8) throws -> Bool {
    guard peek() == bracket else { return false }
    position += 1
    depth -= 1
    return true
  }

  /// True after a comma, false after the closing bracket.
  private mutating func separator(or bracket: UInt8) throws -> Bool {
    if try close(bracket) { return false }
    guard peek() == UInt8(ascii: ",") else {
      throw error("expected ',' or '\(Character(Unicode.Scalar(bracket)))'")
    }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws {
    guard peek() == byte else {
      throw error("expected '\(Character(Unicode.Scalar(byte)))'")
    }
    position += 1
  }

  private mutating func literal(_ word: StaticString) throws {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count,
      bytes[position..<end].elementsEqual(
        UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    else { throw error("expected a value") }
    position = end
  }
}

// MARK: - Numbers

extension JSONReader {
  private mutating func readNumber() throws -> JSON {
    guard let first = peek() else { throw error("unexpected end of text") }
    switch first {
    case UInt8(ascii: "N"):
      try literal("NaN")
      return .number(.nan)
    case UInt8(ascii: "I"):
      try literal("Infinity")
      return .number(.infinity)
    case UInt8(ascii: "-")
    where position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "I"):
      try literal("-Infinity")
      return .number(-.infinity)
    default: break
    }
    let start = position
    while position < bytes.count, Self.isNumberByte(bytes[position]) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard Self.isNumber(text.utf8) else { throw error("expected a value", at: start) }
    if let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text) else { throw error("expected a number", at: start) }
    return .number(number)
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  /// The number grammar of RFC 8259: Swift's own initialisers also take "+1", "01" and ".5".
  private static func isNumber(_ text: String.UTF8View) -> Bool {
    var rest = text[...]
    func digits() -> Int {
      let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let leadingZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole == 1 || (whole > 1 && !leadingZero) else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
        rest = rest.dropFirst()
      }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}

// MARK: - Strings

extension JSONReader {
  /// Reads a string as valid UTF-8; a lone surrogate escape becomes U+FFFD.
  public mutating func readStringBytes() throws -> [UInt8] {
    guard peek() == UInt8(ascii: "\"") else { throw error("expected a string") }
    position += 1
    var result: [UInt8] = []
    var start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        result.append(contentsOf: bytes[start..<position])
        position += 1
        return try validated(result)
      case UInt8(ascii: "\\"):
        result.append(contentsOf: bytes[start..<position])
        try appendEscape(to: &result)
        start = position
      case 0..<0x20: throw error("a control character in a string must be escaped")
      default: position += 1
      }
    }
    throw error("unterminated string")
  }

  private func validated(_ utf8: [UInt8]) throws -> [UInt8] {
    if utf8.allSatisfy({ $0 < 0x80 }) || String(validating: utf8, as: UTF8.self) != nil {
      return utf8
    }
    throw error("a string is not valid UTF-8")
  }

  private mutating func appendEscape(to result: inout [UInt8]) throws {
    guard position + 1 < bytes.count else { throw error("unterminated string") }
    let code = bytes[position + 1]
    position += 2
    switch code {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(code)
    case UInt8(ascii: "b"): result.append(0x08)
    case UInt8(ascii: "f"): result.append(0x0C)
    case UInt8(ascii: "n"): result.append(0x0A)
    case UInt8(ascii: "r"): result.append(0x0D)
    case UInt8(ascii: "t"): result.append(0x09)
    case UInt8(ascii: "u"): result.append(contentsOf: String(try unicodeEscape()).utf8)
    default: throw error("unknown escape", at: position - 2)
    }
  }

  private mutating func unicodeEscape() throws -> Unicode.Scalar {
    let replacement: Unicode.Scalar = "\u{FFFD}"
    let high = try hexadecimal()
    guard (0xD800..<0xDC00).contains(high) else { return Unicode.Scalar(high) ?? replacement }
    guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { return replacement }
    let beforeLow = position
    position += 2
    let low = try hexadecimal()
    guard (0xDC00..<0xE000).contains(low) else {
      position = beforeLow
      return replacement
    }
    return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? replacement
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("unterminated string") }
    var value: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
    }
    position += 4
    return value
  }
}
