/// Finds the places in text that something matches.
protocol Pattern: Sendable {
  /// Calls `found` with every match in each word, as if the word were the whole text: in order and
  /// without overlap, `wordEnded` after the last one of a word.
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, words: [Range<Int>],
    found: (Range<Int>) -> Void, wordEnded: () -> Void)
}

extension WordText {
  /// Splits every word where `pattern` matches.
  mutating func split(at pattern: some Pattern, _ behavior: SplitBehavior, invert: Bool = false) {
    var pieces: [Range<Int>] = []
    pieces.reserveCapacity(bytes.count / 4)
    bytes.withUnsafeBufferPointer { text in
      var index = 0
      var splitter = words.first.map { WordSplitter(behavior, invert: invert, word: $0) }
      pattern.forEachMatch(in: text, words: words) { match in
        splitter?.match(match, into: &pieces)
      } wordEnded: {
        splitter?.finish(into: &pieces)
        index += 1
        if index < words.count {
          splitter = WordSplitter(behavior, invert: invert, word: words[index])
        }
      }
    }
    words = pieces.filter { !$0.isEmpty }
  }
}

/// Matches single characters that satisfy a condition.
struct CharacterPattern: Pattern {
  let matches: @Sendable (UInt32) -> Bool

  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, words: [Range<Int>],
    found: (Range<Int>) -> Void, wordEnded: () -> Void
  ) {
    for word in words {
      var offset = word.lowerBound
      while offset < word.upperBound {
        let (character, length) = text.scalar(at: offset)
        if matches(character) { found(offset..<offset + length) }
        offset += length
      }
      wordEnded()
    }
  }
}

/// Matches a fixed text.
struct LiteralPattern: Pattern {
  let literal: [UInt8]

  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, words: [Range<Int>],
    found: (Range<Int>) -> Void, wordEnded: () -> Void
  ) {
    for word in words {
      var offset = word.lowerBound
      while let start = firstOccurrence(in: text, offset..<word.upperBound) {
        offset = start + literal.count
        found(start..<offset)
      }
      wordEnded()
    }
  }

  /// Calls `body` with the stretches of a text between matches, and with the matches.
  @inline(__always)
  func forEachSplit(
    of text: UnsafeBufferPointer<UInt8>,
    _ body: (_ part: Slice<UnsafeBufferPointer<UInt8>>, _ isMatch: Bool) -> Void
  ) {
    var offset = 0
    while let start = firstOccurrence(in: text, offset..<text.count) {
      body(text[offset..<start], false)
      offset = start + literal.count
      body(text[start..<offset], true)
    }
    body(text[offset...], false)
  }

  private func firstOccurrence(
    in text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Int? {
    guard range.count >= literal.count else { return nil }
    return literal.withUnsafeBufferPointer { literal in
      guard let first = literal.first else { return nil }
      for start in range.lowerBound...range.upperBound - literal.count where text[start] == first {
        var length = 1
        while length < literal.count, text[start + length] == literal[length] { length += 1 }
        if length == literal.count { return start }
      }
      return nil
    }
  }
}

/// The pattern of a `Split` or `Replace`: `{"String": …}` or `{"Regex": …}`.
struct PatternSetting {
  let pattern: any Pattern
  /// The text, where the pattern is a plain one.
  let literal: [UInt8]?

  init(_ component: Component, _ name: String) throws {
    let setting = try component.component(name)
    if let literal = try setting.optionalString("String") {
      self.literal = Array(literal.utf8)
      // An empty text matches before every character, as the regular expression "" does.
      pattern =
        literal.isEmpty
        ? try RegularExpression("", component: setting, key: "String")
        : LiteralPattern(literal: Array(literal.utf8))
    } else if let source = try setting.optionalString("Regex") {
      self.literal = nil
      pattern =
        try KnownPatterns.scanner(for: source)
        ?? RegularExpression(source, component: setting, key: "Regex")
    } else {
      throw setting.error("expected a String or a Regex")
    }
  }
}
