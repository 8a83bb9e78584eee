import Synchronization

/// What a grammar has to know of a model's tokens; made once for each model.
public final class TokenVocabulary: Sendable {
  /// One more than the largest id.
  public let count: Int
  /// Tokens that end an answer.
  public let stopTokens: Set<Int32>
  /// The text of each ordinary token; empty for the others. (count)
  let texts: [[UInt8]]
  /// Special tokens by what they spell: they match only as themselves.
  let special: TokenTrie
  let specialIDs: Set<Int32>
  /// Special tokens, without those that end an answer.
  let specialMask: TokenMask
  let stopMask: TokenMask
  /// Every token that may stand in free text.
  let trie: TokenTrie
  /// Tokens of plain characters of JSON strings, by the most characters they hold. (0 to most)
  let plainMasks: [TokenMask]
  /// The tokens that aren't in the last of them.
  let otherTrie: TokenTrie
  let longestToken: Int
  /// Tokens that have a text or a meaning of their own.
  let everythingCount: Int
  /// Splits text into tokens as the model's tokenizer does.
  let encode: (@Sendable ([UInt8]) -> [Int32])?
  private let localMasks = Mutex(LocalMasks())
  private let maskBytes: Int

  private struct LocalMasks {
    var masks: [StructuralHash: LocalMask] = [:]
    var bytes = 0
  }

  /// Bytes for the masks of expressions, where nothing else is said.
  public static let usualMaskBytes = 64 << 20
  /// Tokens of more characters than this aren't counted by characters.
  private static let mostCharacters = 24

  /// - Parameters:
  ///   - bytes: what a token adds to a text; nil where there is no such token.
  ///   - special: what a special token spells; nil for ordinary tokens.
  ///   - maskBytes: most bytes for what grammars remember together, the masks of expressions.
  ///   - encode: the model's tokens of a text without special ones, for text that is forced.
  public init(
    count: Int, stopTokens: Set<Int32>, maskBytes: Int = TokenVocabulary.usualMaskBytes,
    bytes: (Int32) -> [UInt8]?,
    special: (Int32) -> String?, encode: (@Sendable ([UInt8]) -> [Int32])? = nil
  ) {
    self.count = count
    self.stopTokens = stopTokens
    self.maskBytes = maskBytes
    self.encode = encode
    var texts = [[UInt8]](repeating: [], count: count)
    var named: [String: Int32] = [:]
    var specialMask = TokenMask(count: count)
    var stopMask = TokenMask(count: count)
    var specialIDs: Set<Int32> = []
    for id in 0..<Int32(count) {
      let spelling = special(id)
      if let spelling, named[spelling] == nil { named[spelling] = id }
      if stopTokens.contains(id) {
        stopMask.insert(id)
      } else if spelling != nil {
        specialIDs.insert(id)
        specialMask.insert(id)
      } else if let text = bytes(id), text.count <= Int(UInt16.max) {
        texts[Int(id)] = text
      }
    }
    self.texts = texts
    self.special = TokenTrie(
      named.filter { !$0.key.isEmpty }.map { (Array($0.key.utf8), $0.value) })
    self.specialIDs = specialIDs
    (self.specialMask, self.stopMask) = (specialMask, stopMask)
    let ordinary = texts.indices.filter { !texts[$0].isEmpty }.map {
      (bytes: texts[$0], id: Int32($0))
    }
    longestToken = ordinary.reduce(0) { max($0, $1.bytes.count) }
    everythingCount = ordinary.count + specialMask.count + stopMask.count
    trie = TokenTrie(ordinary)
    let lengths = ordinary.map { Self.plainCharacters($0.bytes) }
    plainMasks = Self.plainMasks(ordinary, lengths, count: count)
    otherTrie = TokenTrie(zip(ordinary, lengths).filter { $1 == nil }.map(\.0))
  }

  /// How many characters a text holds that all stand in JSON strings as they are; nil where it
  /// holds others, parts of characters, or too many.
  private static func plainCharacters(_ text: [UInt8]) -> Int? {
    for byte in text where byte < 0x20 || byte == 0x22 || byte == 0x5C { return nil }
    guard let string = String(validating: text, as: UTF8.self) else { return nil }
    let count = string.unicodeScalars.count
    return count <= mostCharacters ? count : nil
  }

  private static func plainMasks(
    _ tokens: [(bytes: [UInt8], id: Int32)], _ lengths: [Int?], count: Int
  ) -> [TokenMask] {
    var masks: [TokenMask] = []
    var mask = TokenMask(count: count)
    for length in 0...mostCharacters {
      for (token, characters) in zip(tokens, lengths) where characters == length {
        mask.insert(token.id)
      }
      masks.append(mask)
    }
    return masks
  }
}

extension TokenVocabulary {
  /// About how many bytes it takes, without the masks that grammars remember.
  public var bytes: Int {
    let lists = texts.reduce(0) { $0 + ($1.isEmpty ? 0 : 48 + $1.count) }
    let masks = plainMasks.reduce(0) { $0 + $1.words.count * 8 }
    return texts.count * MemoryLayout<[UInt8]>.stride + lists + masks + trie.bytesOfMemory
      + otherTrie.bytesOfMemory
  }
}

// MARK: - Masks of expressions

/// The tokens that an expression takes, whatever stands behind it.
final class LocalMask: Sendable {
  /// How many of `TokenVocabulary.plainMasks`' characters are taken; nil for none.
  let plain: Int?
  /// Others, as a mask or as a list, whichever is smaller.
  let mask: TokenMask?
  let list: [Int32]
  /// Nodes of tokens that may leave the expression in their middle.
  let exits: [Int32]
  /// Whether `exits` are nodes of `otherTrie`.
  let exitsAreOther: Bool
  /// There are too many exits to be listed.
  let hasTooManyExits: Bool

  init(
    plain: Int?, mask: TokenMask, exits: [Int32], exitsAreOther: Bool, hasTooManyExits: Bool
  ) {
    self.plain = plain
    let count = mask.count
    if count * 2 < mask.words.count {
      var list: [Int32] = []
      list.reserveCapacity(count)
      for (index, word) in mask.words.enumerated() where word != 0 {
        var rest = word
        while rest != 0 {
          list.append(Int32(index * 64 + rest.trailingZeroBitCount))
          rest &= rest - 1
        }
      }
      (self.mask, self.list) = (nil, list)
    } else {
      (self.mask, list) = (mask, [])
    }
    self.exits = exits
    self.exitsAreOther = exitsAreOther
    self.hasTooManyExits = hasTooManyExits
  }

  var bytes: Int { 128 + (mask?.words.count ?? 0) * 8 + (list.count + exits.count) * 4 }

  func add(to result: inout TokenMask, _ vocabulary: TokenVocabulary) {
    if let plain { result.formUnion(vocabulary.plainMasks[plain]) }
    if let mask { result.formUnion(mask) }
    for token in list { result.insert(token) }
  }
}

extension TokenVocabulary {
  /// A mask that some grammar of this vocabulary made for an equal expression.
  func localMask(_ identity: StructuralHash) -> LocalMask? {
    localMasks.withLock { $0.masks[identity] }
  }

  func remember(_ mask: LocalMask, _ identity: StructuralHash) {
    localMasks.withLock { known in
      if known.bytes + mask.bytes > maskBytes { known = LocalMasks() }
      known.masks[identity] = mask
      known.bytes += mask.bytes
    }
  }
}
