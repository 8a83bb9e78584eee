/// Normalised text on its way to the model: its bytes, and the words that it is cut into.
struct WordText {
  /// Valid UTF-8.
  var bytes: [UInt8]
  /// Where the words are, in order. Bytes between them were dropped.
  var words: [Range<Int>]
  /// How many bytes at the beginning stem from the first character of the whole input.
  private(set) var originLength: Int

  init(_ text: NormalizedText) {
    bytes = text.bytes
    words = bytes.isEmpty ? [] : [0..<bytes.count]
    originLength = text.originLength
  }

  /// Cuts every word into the pieces that `cut` appends; empty pieces vanish.
  mutating func divide(
    _ cut: (_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ pieces: inout [Range<Int>])
      throws -> Void
  ) rethrows {
    var pieces: [Range<Int>] = []
    pieces.reserveCapacity(words.count)
    try bytes.withUnsafeBufferPointer { text in
      for word in words { try cut(text, word, &pieces) }
    }
    words = pieces.filter { !$0.isEmpty }
  }

  /// Replaces every word by the text that `rewrite` appends for it.
  mutating func rewriteWords(
    _ rewrite: (_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ new: inout [UInt8]) ->
      Void
  ) {
    var newOriginLength = 0
    var new: [UInt8] = []
    new.reserveCapacity(bytes.count + bytes.count / 4)
    bytes.withUnsafeBufferPointer { text in
      for index in words.indices {
        let start = new.count
        rewrite(text, words[index], &new)
        if words[index].lowerBound < originLength {
          let origin = words[index].clamped(to: 0..<originLength)
          var rewritten: [UInt8] = []
          rewrite(text, origin, &rewritten)
          newOriginLength = start + rewritten.count
        }
        words[index] = start..<new.count
      }
    }
    originLength = newOriginLength
    bytes = new
  }
}

/// Cuts text into words before the model sees them: a step of `pre_tokenizer`.
protocol PreTokenizer: Sendable {
  func cut(_ text: inout WordText)
}
