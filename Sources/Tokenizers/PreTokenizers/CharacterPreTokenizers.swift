/// The pre-tokenisers that look at one character at a time.

/// `WhitespaceSplit`: words are what lies between white space.
struct WhitespaceSplit: PreTokenizer {
  func cut(_ text: inout WordText) {
    text.split(at: CharacterPattern(matches: CharacterSets.isWhiteSpace), .removed)
  }
}

/// `BertPreTokenizer`: words lie between white space, and punctuation marks are words of their own.
struct BertPreTokenizer: PreTokenizer {
  func cut(_ text: inout WordText) {
    text.split(at: CharacterPattern(matches: CharacterSets.isWhiteSpace), .removed)
    text.split(at: CharacterPattern(matches: CharacterSets.isPunctuation), .isolated)
  }
}

/// `Punctuation`: cuts at punctuation marks.
struct PunctuationPreTokenizer: PreTokenizer {
  private let behavior: SplitBehavior

  init(_ component: Component) throws {
    behavior = try SplitBehavior.read(component, fallback: .isolated)
  }

  func cut(_ text: inout WordText) {
    text.split(at: CharacterPattern(matches: CharacterSets.isPunctuation), behavior)
  }
}

/// `Digits`: numbers are words of their own, whole or digit by digit.
struct DigitsPreTokenizer: PreTokenizer {
  private let behavior: SplitBehavior

  init(_ component: Component) throws {
    behavior = try component.bool("individual_digits") ? .isolated : .contiguous
  }

  func cut(_ text: inout WordText) {
    text.split(at: CharacterPattern(matches: CharacterSets.isNumeric), behavior)
  }
}

/// `CharDelimiterSplit`: words lie between the occurrences of one character.
struct CharacterDelimiterSplit: PreTokenizer {
  private let delimiter: UInt32

  init(_ component: Component) throws { delimiter = try component.character("delimiter").value }

  func cut(_ text: inout WordText) {
    let delimiter = delimiter
    text.split(at: CharacterPattern { $0 == delimiter }, .removed)
  }
}

/// `FixedLength`: words of so many characters each.
struct FixedLengthPreTokenizer: PreTokenizer {
  private let length: Int

  init(_ component: Component) throws {
    length = try component.count("length", default: 5)
    guard length > 0 else { throw component.error("must be more than 0", at: "length") }
  }

  func cut(_ text: inout WordText) {
    text.divide { text, word, pieces in
      var start = word.lowerBound
      var offset = start
      var characters = 0
      while offset < word.upperBound {
        offset += text.scalar(at: offset).length
        characters += 1
        if characters == length {
          pieces.append(start..<offset)
          (start, characters) = (offset, 0)
        }
      }
      pieces.append(start..<offset)
    }
  }
}

/// `Whitespace`: words are runs of word characters, and runs of what is neither that nor space.
struct WhitespacePreTokenizer: PreTokenizer {
  func cut(_ text: inout WordText) {
    text.divide { text, word, pieces in
      var start = word.lowerBound
      var previous: Kind?
      var offset = start
      while offset < word.upperBound {
        let (character, length) = text.scalar(at: offset)
        let kind = Kind(character)
        if kind != previous {
          if let previous, previous != .space { pieces.append(start..<offset) }
          (start, previous) = (offset, kind)
        }
        offset += length
      }
      if let previous, previous != .space { pieces.append(start..<offset) }
    }
  }

  private enum Kind {
    case space, word, other

    init(_ character: UInt32) {
      self =
        CharacterSets.isWordCharacter(character)
        ? .word : CharacterSets.isWhiteSpace(character) ? .space : .other
    }
  }
}
