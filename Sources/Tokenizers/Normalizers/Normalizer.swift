/// Rewrites text before it is cut into words: a step of `normalizer`.
protocol Normalizer: Sendable {
  func normalize(_ text: inout NormalizedText)
}

/// A stretch of the input while it is being normalised.
struct NormalizedText {
  /// Valid UTF-8.
  var bytes: [UInt8]
  /// How many bytes at the beginning stem from the first character of the whole input.
  var originLength: Int

  /// Replaces every character by the text that `map` appends for it.
  mutating func mapCharacters(_ map: (_ character: UInt32, _ new: inout [UInt8]) -> Void) {
    var new: [UInt8] = []
    new.reserveCapacity(bytes.count)
    var newOriginLength = 0
    bytes.withUnsafeBufferPointer { bytes in
      var offset = 0
      while offset < bytes.count {
        let (character, length) = bytes.scalar(at: offset)
        map(character, &new)
        if offset < originLength { newOriginLength = new.count }
        offset += length
      }
    }
    bytes = new
    originLength = newOriginLength
  }

  /// Keeps the characters that satisfy a condition.
  mutating func filter(_ keeps: (UInt32) -> Bool) {
    mapCharacters { character, new in if keeps(character) { new.append(scalar: character) } }
  }
}

/// Every normaliser there is, by the type that tokenizer.json gives it.
enum NormalizerKinds {
  static func read(_ component: Component) throws -> [any Normalizer] {
    try component.make("normalizer", from: kinds)
  }

  private static let kinds: [String: @Sendable (Component) throws -> [any Normalizer]] = [
    "BertNormalizer": { [try BertNormalizer($0)] },
    "ByteLevel": { _ in [ByteLevelNormalizer()] },
    "Lowercase": { _ in [LowercaseNormalizer()] },
    "NFC": { _ in [UnicodeNormalizer(form: .nfc)] },
    "NFD": { _ in [UnicodeNormalizer(form: .nfd)] },
    "NFKC": { _ in [UnicodeNormalizer(form: .nfkc)] },
    "NFKD": { _ in [UnicodeNormalizer(form: .nfkd)] },
    "Nmt": { _ in [NmtNormalizer()] },
    "Precompiled": { [try PrecompiledNormalizer($0)] },
    "Prepend": { [try PrependNormalizer($0)] },
    "Append": { [try AppendNormalizer($0)] },
    "Replace": { [try ReplaceNormalizer($0)] },
    "Sequence": { try $0.components("normalizers").flatMap(read) },
    "Strip": { [try StripNormalizer($0)] },
    "StripAccents": { _ in [StripAccentsNormalizer()] },
  ]
}
