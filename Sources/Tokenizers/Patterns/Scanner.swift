/// A pattern written out by hand, for those that many models share: about five times as fast as
/// the same regular expression.
protocol Scanner: Pattern {
  /// The end of the match that starts at `start`; nil where there is none.
  func matchEnd(_ text: TextCursor, at start: Int) -> Int?
}

extension Scanner {
  func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, words: [Range<Int>],
    found: (Range<Int>) -> Void, wordEnded: () -> Void
  ) {
    CharacterTable.shared.withClasses { classes in
      for word in words {
        let cursor = TextCursor(text, end: word.upperBound, classes: classes)
        var offset = word.lowerBound
        while offset < word.upperBound {
          if let end = matchEnd(cursor, at: offset) {
            found(offset..<end)
            offset = end
          } else {
            offset += text.scalar(at: offset).length
          }
        }
        wordEnded()
      }
    }
  }
}

extension CategorySet {
  static let lettersAndNumbers = CategorySet(.letters, .numbers)
  static let lettersAndMarks = CategorySet(.letters, .marks)
  static let lettersMarksAndNumbers = CategorySet(.letters, .marks, .numbers)
  static let punctuationAndSymbols = CategorySet(.punctuation, .symbols)
  static let lettersPunctuationAndSymbols = CategorySet(.letters, .punctuation, .symbols)
}

extension TextCursor {
  /// The end of the run of characters that are neither white space nor in `set`.
  @inline(__always)
  func skipOther(than set: CategorySet, from offset: Int) -> Int {
    var offset = offset
    while let (kind, length) = character(at: offset), isOther(kind, than: set) { offset += length }
    return offset
  }

  /// Neither white space nor in `set`.
  @inline(__always)
  func isOther(_ kind: UInt8, than set: CategorySet) -> Bool {
    kind & CharacterTable.whiteSpaceFlag == 0 && !set.contains(kind)
  }

  /// Skips the bytes of `[\r\n]*`, or of `[\r\n/]*`.
  @inline(__always)
  func skipLineBreaks(orSlashes: Bool = false, from offset: Int) -> Int {
    var offset = offset
    while let byte = byte(at: offset),
      byte == 0x0A || byte == 0x0D || (orSlashes && byte == UInt8(ascii: "/"))
    {
      offset += 1
    }
    return offset
  }

  /// The end of ` ?[^\s…]+[\r\n]*` at `start`, where … is `set`; nil where that doesn't match.
  @inline(__always)
  func punctuation(at start: Int, otherThan set: CategorySet, slashes: Bool = false) -> Int? {
    let offset = byte(at: start) == UInt8(ascii: " ") ? start + 1 : start
    let end = skipOther(than: set, from: offset)
    return end == offset ? nil : skipLineBreaks(orSlashes: slashes, from: end)
  }
}
