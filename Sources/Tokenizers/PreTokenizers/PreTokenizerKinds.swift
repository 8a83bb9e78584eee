/// Every pre-tokeniser there is, by the type that tokenizer.json gives it.
enum PreTokenizerKinds {
  static func read(_ component: Component) throws -> [any PreTokenizer] {
    try component.make("pre-tokenizer", from: kinds)
  }

  private static let kinds: [String: @Sendable (Component) throws -> [any PreTokenizer]] = [
    "BertPreTokenizer": { _ in [BertPreTokenizer()] },
    "ByteLevel": { [try ByteLevelPreTokenizer($0)] },
    "CharDelimiterSplit": { [try CharacterDelimiterSplit($0)] },
    "Delimiter": { [try CharacterDelimiterSplit($0)] },
    "Digits": { [try DigitsPreTokenizer($0)] },
    "FixedLength": { [try FixedLengthPreTokenizer($0)] },
    "Metaspace": { [try MetaspacePreTokenizer($0)] },
    "Punctuation": { [try PunctuationPreTokenizer($0)] },
    "Sequence": { try $0.components("pretokenizers").flatMap(read) },
    "Split": { [try SplitPreTokenizer($0)] },
    "UnicodeScripts": { _ in [UnicodeScriptsPreTokenizer()] },
    "Whitespace": { _ in [WhitespacePreTokenizer()] },
    "WhitespaceSplit": { _ in [WhitespaceSplit()] },
  ]
}
