/// The conditions on characters that steps of the reference use. Each follows the Unicode version
/// of the library behind that step, so they differ in newly assigned characters.
enum CharacterSets {
  @Sendable static func isWhiteSpace(_ character: UInt32) -> Bool {
    CharacterTable.shared[character] & CharacterTable.whiteSpaceFlag != 0
  }

  /// Numbers of any kind, as of Unicode 17.
  @Sendable static func isNumeric(_ character: UInt32) -> Bool {
    if CategorySet.numbers.contains(CharacterTable.shared[character]) { return true }
    return (0x11DE0...0x11DE9).contains(character) || (0x16FF4...0x16FF6).contains(character)
  }

  /// `\w`: letters, marks, decimal digits, connectors, and what else is alphabetic or joins.
  @Sendable static func isWordCharacter(_ character: UInt32) -> Bool {
    let word = CategorySet(
      .letters, .marks, CategorySet(.decimalNumber, .letterNumber, .connector))
    if word.contains(CharacterTable.shared[character]) { return true }
    switch character {
    case 0x200C...0x200D, 0x24B6...0x24E9, 0x1F130...0x1F149, 0x1F150...0x1F169,
      0x1F170...0x1F189:
      return true
    default: return false
    }
  }

  /// Punctuation and ASCII's symbols; as of Unicode 6, which is what the reference goes by.
  @Sendable static func isPunctuation(_ character: UInt32) -> Bool {
    if character < 0x80 {
      switch character {
      case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
      default: return false
      }
    }
    guard CategorySet.punctuation.contains(CharacterTable.shared[character]) else {
      return character == 0x166D || character == 0x111C9
    }
    return !ReferenceData.laterPunctuation.contains(character)
  }
}
