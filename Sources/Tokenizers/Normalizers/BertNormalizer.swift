/// `BertNormalizer`: cleans text, sets ideographs apart, strips accents and lowers case.
struct BertNormalizer: Normalizer {
  private let cleansText: Bool
  private let separatesIdeographs: Bool
  private let stripsAccents: Bool
  private let lowercases: Bool

  init(_ component: Component) throws {
    cleansText = try component.bool("clean_text")
    separatesIdeographs = try component.bool("handle_chinese_chars")
    lowercases = try component.bool("lowercase")
    stripsAccents = try component.bool("strip_accents", default: lowercases)
  }

  func normalize(_ text: inout NormalizedText) {
    if cleansText { text.mapCharacters(Self.clean) }
    if separatesIdeographs { text.mapCharacters(Self.separate) }
    if stripsAccents {
      UnicodeNormalizer(form: .nfd).normalize(&text)
      text.filter { !Self.isNonspacingMark($0) }
    }
    if lowercases { LowercaseNormalizer().normalize(&text) }
  }

  private static func clean(_ character: UInt32, _ new: inout [UInt8]) {
    if character == 0 || character == 0xFFFD || isControl(character) { return }
    if CharacterSets.isWhiteSpace(character) {
      new.append(UInt8(ascii: " "))
    } else {
      new.append(scalar: character)
    }
  }

  private static let controls = CategorySet(.control, .format, .privateUse)
  private static let nonspacingMarks = CategorySet(.nonspacingMark)

  private static func isControl(_ character: UInt32) -> Bool {
    controls.contains(CharacterTable.shared[character])
      && !ReferenceData.keptControls.contains(character)
  }

  private static func isNonspacingMark(_ character: UInt32) -> Bool {
    if nonspacingMarks.contains(CharacterTable.shared[character]) {
      return !ReferenceData.laterNonspacingMarks.contains(character)
    }
    // Spacing marks in Unicode 16 that were nonspacing ones before.
    return character == 0x1734 || character == 0x1171E
  }

  private static func separate(_ character: UInt32, _ new: inout [UInt8]) {
    let isIdeograph = isIdeograph(character)
    if isIdeograph { new.append(UInt8(ascii: " ")) }
    new.append(scalar: character)
    if isIdeograph { new.append(UInt8(ascii: " ")) }
  }

  private static func isIdeograph(_ character: UInt32) -> Bool {
    switch character {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
