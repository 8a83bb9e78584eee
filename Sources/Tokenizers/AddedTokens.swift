/// A token that is recognised in the text itself, before the model sees it.
public struct AddedToken: Sendable {
  public let id: Int32
  public let content: String
  /// Matches only where no word character stands beside it.
  public let singleWord: Bool
  /// Takes the white space before it.
  public let stripsLeft: Bool
  /// Takes the white space behind it.
  public let stripsRight: Bool
  /// Is looked for in the normalised text, in its own normalised form.
  public let isNormalized: Bool
  /// Is left out when special tokens are skipped.
  public let isSpecial: Bool
}

extension AddedToken {
  init(_ component: Component, id: Int32) throws {
    self.id = id
    content = try component.string("content")
    singleWord = try component.bool("single_word", default: false)
    stripsLeft = try component.bool("lstrip", default: false)
    stripsRight = try component.bool("rstrip", default: false)
    isSpecial = try component.bool("special", default: false)
    isNormalized = try component.bool("normalized", default: !isSpecial)
  }
}

/// The added tokens of a tokenizer, ready to be found in text.
struct AddedTokens: Sendable {
  let tokens: [AddedToken]
  private let indexOfID: [Int32: Int]
  /// Ids by content, as bytes.
  private let ids: [[UInt8]: Int32]
  /// What the model's decoder is given for a token: its content, or that in normalised form.
  private let decodedText: [Int32: [UInt8]]
  private let plain: AddedTokenMatcher
  private let normalized: AddedTokenMatcher

  init(_ tokens: [AddedToken], normalizers: [any Normalizer]) {
    // Two tokens of the same id: the later one counts.
    var indexOfID: [Int32: Int] = [:]
    for (index, token) in tokens.enumerated() { indexOfID[token.id] = index }
    let tokens = tokens.enumerated().filter { indexOfID[$0.element.id] == $0.offset }.map(\.element)
    self.tokens = tokens
    self.indexOfID = Dictionary(
      tokens.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { $1 })
    ids = Dictionary(tokens.map { (Array($0.content.utf8), $0.id) }, uniquingKeysWith: { $1 })
    var decodedText: [Int32: [UInt8]] = [:]
    for token in tokens {
      var text = NormalizedText(bytes: Array(token.content.utf8), originLength: 0)
      if token.isNormalized { for normalizer in normalizers { normalizer.normalize(&text) } }
      decodedText[token.id] = text.bytes
    }
    self.decodedText = decodedText
    plain = AddedTokenMatcher(
      tokens.filter { !$0.isNormalized }.map { ($0, Array($0.content.utf8)) })
    normalized = AddedTokenMatcher(
      tokens.filter(\.isNormalized).map { ($0, decodedText[$0.id] ?? []) })
  }

  subscript(id: Int32) -> AddedToken? { indexOfID[id].map { tokens[$0] } }

  func id(of content: String) -> Int32? { ids[Array(content.utf8)] }

  /// The tokens that decoding skips: those whose decoded text is that of a special token.
  var skippedIDs: Set<Int32> {
    let special = Set(tokens.filter(\.isSpecial).map { Array($0.content.utf8) })
    return Set(tokens.map(\.id).filter { special.contains(decodedText[$0] ?? []) })
  }

  func decodedText(_ id: Int32) -> [UInt8]? { decodedText[id] }

  /// Looks for tokens in the input as it is, or in normalised text.
  func matcher(normalized isNormalized: Bool) -> AddedTokenMatcher {
    isNormalized ? normalized : plain
  }
}
