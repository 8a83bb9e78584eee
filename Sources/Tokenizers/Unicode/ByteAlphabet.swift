/// GPT-2's byte alphabet: one printable character for each byte, so that byte-level vocabularies
/// can be written as text. Bytes that print stand for themselves, the others get U+0100 and up.
enum ByteAlphabet {
  /// The character of every byte. (256)
  static let characters: [UInt16] = {
    var next: UInt16 = 0x100
    return (0...255).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return UInt16(byte)
      default:
        defer { next += 1 }
        return next
      }
    }
  }()

  /// The byte of every character below U+0144, or -1.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, character) in characters.enumerated() { bytes[Int(character)] = Int16(byte) }
    return bytes
  }()

  /// The byte that a character stands for.
  static func byte(of character: UInt32) -> UInt8? {
    guard character < 0x144, bytes[Int(character)] >= 0 else { return nil }
    return UInt8(bytes[Int(character)])
  }

  /// The text that stands for `bytes`.
  static func text(of bytes: some Sequence<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    for byte in bytes { append(byte, to: &text) }
    return text
  }

  @inline(__always)
  static func append(_ byte: UInt8, to text: inout [UInt8]) {
    let character = characters[Int(byte)]
    if character < 0x80 {
      text.append(UInt8(character))
    } else {
      text.append(UInt8(0xC0 | character >> 6))
      text.append(UInt8(0x80 | character & 0x3F))
    }
  }

  /// The bytes that `text` stands for; nil when one of its characters is outside the alphabet.
  static func bytes(of text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    return append(bytesOf: text, to: &result) ? result : nil
  }

  /// Appends the bytes that `text` stands for; nothing when a character is outside the alphabet.
  static func append(bytesOf text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]) -> Bool {
    let start = result.count
    var offset = 0
    while offset < text.count {
      let (value, length) = text.scalar(at: offset)
      guard let byte = byte(of: value) else {
        result.removeSubrange(start...)
        return false
      }
      result.append(byte)
      offset += length
    }
    return true
  }
}
