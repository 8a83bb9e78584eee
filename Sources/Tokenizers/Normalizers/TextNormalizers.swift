/// The normalisers that add, remove and replace text.

/// `Prepend`: puts a text in front of text that isn't empty.
struct PrependNormalizer: Normalizer {
  private let prefix: [UInt8]

  init(_ component: Component) throws { prefix = Array(try component.string("prepend").utf8) }

  func normalize(_ text: inout NormalizedText) {
    if text.bytes.isEmpty { return }
    if text.originLength > 0 { text.originLength += prefix.count }
    text.bytes = prefix + text.bytes
  }
}

/// `Append`: puts a text behind text that isn't empty.
struct AppendNormalizer: Normalizer {
  private let suffix: [UInt8]

  init(_ component: Component) throws { suffix = Array(try component.string("append").utf8) }

  func normalize(_ text: inout NormalizedText) {
    if !text.bytes.isEmpty { text.bytes += suffix }
  }
}

/// `Strip`: removes white space at the ends.
struct StripNormalizer: Normalizer {
  private let left: Bool
  private let right: Bool

  init(_ component: Component) throws {
    left = try component.bool("strip_left")
    right = try component.bool("strip_right")
  }

  func normalize(_ text: inout NormalizedText) {
    let range = text.bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      var end = bytes.count
      while left, start < end {
        let (character, length) = bytes.scalar(at: start)
        guard CharacterSets.isWhiteSpace(character) else { break }
        start += length
      }
      while right, end > start {
        let (character, length) = bytes.scalar(before: end)
        guard CharacterSets.isWhiteSpace(character) else { break }
        end -= length
      }
      return start..<end
    }
    text.originLength = min(range.count, max(0, text.originLength - range.lowerBound))
    if range.count < text.bytes.count { text.bytes = Array(text.bytes[range]) }
  }
}

/// `Replace`: a text takes the place of every match of a pattern.
struct ReplaceNormalizer: Normalizer {
  private let pattern: any Pattern
  private let content: [UInt8]
  /// A longer replacement would serve to exhaust memory.
  private static let contentLimit = 1024

  init(_ component: Component) throws {
    pattern = try PatternSetting(component, "pattern").pattern
    content = Array(try component.string("content").utf8)
    guard content.count <= Self.contentLimit else {
      throw component.error("is longer than \(Self.contentLimit) bytes", at: "content")
    }
  }

  func normalize(_ text: inout NormalizedText) {
    var new: [UInt8] = []
    new.reserveCapacity(text.bytes.count)
    let origin = text.originLength
    var newOrigin = origin == 0 ? 0 : nil
    var position = 0
    text.bytes.withUnsafeBufferPointer { bytes in
      pattern.forEachMatch(in: bytes, words: bytes.isEmpty ? [] : [0..<bytes.count]) { match in
        new.append(contentsOf: bytes[position..<match.lowerBound])
        // The replacement counts as coming from the last character that it replaces.
        if newOrigin == nil, match.upperBound > origin {
          newOrigin = new.count - max(0, match.lowerBound - origin)
        }
        new += content
        position = match.upperBound
      } wordEnded: {
      }
      new.append(contentsOf: bytes[position...])
    }
    text.originLength = newOrigin ?? new.count - max(0, text.bytes.count - origin)
    text.bytes = new
  }
}

/// `ByteLevel`: writes the text's bytes in the byte alphabet.
struct ByteLevelNormalizer: Normalizer {
  func normalize(_ text: inout NormalizedText) {
    let origin = text.bytes.prefix(text.originLength)
    text.originLength = ByteAlphabet.text(of: origin).count
    text.bytes = ByteAlphabet.text(of: text.bytes)
  }
}
