/// WordPiece: the longest token that a word starts with, then the longest continuation, and so on.
struct WordPiece: TokenModel {
  let data: ModelData
  private let trie: PrefixTrie
  private let continuingPrefix: [UInt8]
  private let unknown: Int32
  private let maximumCharacters: Int

  init(_ component: Component, _ data: ModelData) throws {
    trie = data.trie ?? PrefixTrie(data.vocabulary)
    self.data = data.with(trie)
    let prefix = try component.string("continuing_subword_prefix", default: "##")
    continuingPrefix = Array(prefix.utf8)
    maximumCharacters = try component.count("max_input_chars_per_word", default: 100)
    unknown = try data.vocabulary.unknown(component)
  }

  func encode(_ text: WordText, into ids: inout [Int32]) {
    let continuation = trie.node(continuingPrefix)
    text.bytes.withUnsafeBufferPointer { bytes in
      for word in text.words {
        let first = ids.count
        let isKnown = append(UnsafeBufferPointer(rebasing: bytes[word]), continuation, &ids)
        if !isKnown {
          ids.removeSubrange(first...)
          ids.append(unknown)
        }
      }
    }
  }

  /// Appends the tokens of one word; false when it has none or is too long.
  private func append(
    _ word: UnsafeBufferPointer<UInt8>, _ continuation: PrefixTrie.Node?, _ ids: inout [Int32]
  ) -> Bool {
    guard word.count(where: { $0 & 0xC0 != 0x80 }) <= maximumCharacters else { return false }
    var start = 0
    while start < word.count {
      guard let node = start == 0 ? trie.root : continuation,
        let (token, end) = longestToken(word, from: start, node)
      else { return false }
      ids.append(token)
      start = end
    }
    return true
  }

  private func longestToken(
    _ word: UnsafeBufferPointer<UInt8>, from start: Int, _ first: PrefixTrie.Node
  ) -> (token: Int32, end: Int)? {
    var node = first
    var end = start
    var longest: (token: Int32, end: Int)?
    while end < word.count, let next = trie.child(of: node, word[end]) {
      node = next
      end += 1
      if let token = trie.value(node) { longest = (token, end) }
    }
    return longest
  }
}

/// `WordLevel`: every word is one token, or the unknown one.
struct WordLevel: TokenModel {
  let data: ModelData
  private let vocabulary: Vocabulary
  private let unknown: Int32

  init(_ component: Component, _ data: ModelData) throws {
    self.data = data
    vocabulary = data.vocabulary
    unknown = try data.vocabulary.unknown(component)
  }

  func encode(_ text: WordText, into ids: inout [Int32]) {
    text.bytes.withUnsafeBufferPointer { bytes in
      for word in text.words {
        ids.append(vocabulary.id(of: UnsafeBufferPointer(rebasing: bytes[word])) ?? unknown)
      }
    }
  }
}

extension Vocabulary {
  /// The id of the `unk_token` that a model of whole words can't do without.
  fileprivate func unknown(_ component: Component) throws -> Int32 {
    let token = try component.string("unk_token")
    guard let id = id(of: token) else {
      throw component.error("\"\(token)\" isn't in the vocabulary", at: "unk_token")
    }
    return id
  }
}
