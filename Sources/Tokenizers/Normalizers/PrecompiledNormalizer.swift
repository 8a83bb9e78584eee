/// `Precompiled`: SentencePiece's own normalisation, a trie that maps texts to replacements.
struct PrecompiledNormalizer: Normalizer {
  private let charsmap: CharacterMap

  init(_ component: Component) throws {
    let text = try component.string("precompiled_charsmap")
    guard let bytes = decodeBase64(text) else {
      throw component.error("isn't base64", at: "precompiled_charsmap")
    }
    guard let charsmap = CharacterMap(bytes) else {
      throw component.error("isn't a SentencePiece charsmap", at: "precompiled_charsmap")
    }
    self.charsmap = charsmap
  }

  func normalize(_ text: inout NormalizedText) {
    var new: [UInt8] = []
    new.reserveCapacity(text.bytes.count)
    let string = String(decoding: text.bytes, as: UTF8.self)
    var offset = 0
    var originLength = 0
    for grapheme in string {
      forEachReplacement(in: grapheme) { length, replacement in
        new += replacement
        if offset < text.originLength { originLength = new.count }
        // The reference loses count of what it removes at the beginning.
        if !new.isEmpty { offset += length }
      }
    }
    text.originLength = originLength
    text.bytes = new
  }

  /// A short grapheme is looked up as a whole, where the reference takes the replacement of its
  /// shortest known beginning for all of it; otherwise its characters one by one.
  private func forEachReplacement(
    in grapheme: Character, _ body: (_ length: Int, _ replacement: ArraySlice<UInt8>) -> Void
  ) {
    let utf8 = grapheme.utf8
    if utf8.count < 6, let replacement = charsmap.replacement(of: utf8) {
      return body(utf8.count, replacement)
    }
    for scalar in grapheme.unicodeScalars {
      let character = Array(String(scalar).utf8)
      body(character.count, charsmap.replacement(of: character) ?? character[...])
    }
  }
}

/// A double-array trie from texts to places in a list of replacements, each ended by a zero byte.
private struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    let size = Int(Self.word(bytes, at: 0))
    guard size % 4 == 0, size > 0, size <= bytes.count - 4 else { return nil }
    units = (0..<size / 4).map { Self.word(bytes, at: 4 + $0 * 4) }
    replacements = Array(bytes[(4 + size)...])
    guard String(validating: replacements, as: UTF8.self) != nil else { return nil }
  }

  private static func word(_ bytes: [UInt8], at offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32($1 * 8) }
  }

  /// The replacement of the shortest text in the trie that `text` starts with.
  func replacement(of text: some Sequence<UInt8>) -> ArraySlice<UInt8>? {
    var position = Int(offset(units[0]))
    for byte in text {
      if byte == 0 { return nil }
      position ^= Int(byte)
      guard position < units.count else { return nil }
      let unit = units[position]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      position ^= Int(offset(unit))
      if unit >> 8 & 1 == 1 {
        guard position < units.count else { return nil }
        return replacement(at: Int(units[position] & 0x7FFF_FFFF))
      }
    }
    return nil
  }

  private func offset(_ unit: UInt32) -> UInt32 { (unit >> 10) << ((unit & 0x200) >> 6) }

  private func replacement(at start: Int) -> ArraySlice<UInt8>? {
    guard start <= replacements.count else { return nil }
    return replacements[start...].prefix { $0 != 0 }
  }
}

/// The bytes that base64 text stands for.
private func decodeBase64(_ text: String) -> [UInt8]? {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count / 4 * 3)
  var buffer: UInt32 = 0
  var bits = 0
  for byte in text.utf8 {
    let digit: UInt32
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): digit = 62
    case UInt8(ascii: "/"): digit = 63
    case UInt8(ascii: "="), UInt8(ascii: "\n"): continue
    default: return nil
    }
    buffer = buffer << 6 | digit
    bits += 6
    if bits >= 8 {
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
    }
  }
  return bytes
}
