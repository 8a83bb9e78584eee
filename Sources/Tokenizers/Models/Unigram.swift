/// Unigram language model: of all ways to spell a text with tokens, the one whose scores add up to
/// the most.
struct Unigram: TokenModel {
  let data: ModelData
  private let vocabulary: Vocabulary
  private let trie: PrefixTrie
  /// By id.
  private let scores: FlatTable<Double>
  private let unknown: Int32?
  /// What a character that no token covers counts.
  private let unknownScore: Double
  /// The id of every byte; nil unless unknown text is spelt by bytes. (256)
  private let byteTokens: [Int32]?

  init(_ component: Component, _ data: ModelData) throws {
    guard let scores = data.scores else { throw component.error("is missing", at: "vocab") }
    vocabulary = data.vocabulary
    trie = data.trie ?? PrefixTrie(data.vocabulary)
    self.data = data.with(trie)
    self.scores = scores
    unknown = component.has("unk_id") ? try component.id("unk_id") : nil
    if let unknown, unknown >= scores.count {
      throw component.error("\(unknown) is beyond the vocabulary", at: "unk_id")
    }
    let lowest = scores.withElements { $0.reduce(.infinity, min) }
    unknownScore = lowest - 10
    if try component.bool("byte_fallback", default: false) {
      byteTokens = (UInt8(0)...255).map { data.vocabulary.id(of: byteTokenText($0)) ?? -1 }
    } else {
      byteTokens = nil
    }
  }

  func encode(_ text: WordText, into ids: inout [Int32]) {
    var path: [Step] = []
    text.bytes.withUnsafeBufferPointer { bytes in
      for word in text.words {
        let word = UnsafeBufferPointer(rebasing: bytes[word])
        findBestPath(word, &path)
        appendTokens(word, path, into: &ids)
      }
    }
  }

  /// The best way to reach a place in the word: its score, and the last token on it.
  private struct Step {
    var score = 0.0
    var start = -1
    var token: Int32 = -1
  }

  /// Viterbi. Token -1 on the path is a character that no token covers.
  private func findBestPath(_ word: UnsafeBufferPointer<UInt8>, _ path: inout [Step]) {
    path.removeAll(keepingCapacity: true)
    path.append(contentsOf: repeatElement(Step(), count: word.count + 1))
    var start = 0
    while start < word.count {
      let length = utf8Length(startingWith: word[start])
      let score = path[start].score
      var coversCharacter = false
      var node = trie.root
      var end = start
      while end < word.count, let next = trie.child(of: node, word[end]) {
        node = next
        end += 1
        guard let token = trie.value(node) else { continue }
        Self.improve(&path[end], score + scores[Int(token)], start, token)
        coversCharacter = coversCharacter || end - start == length
      }
      if !coversCharacter {
        Self.improve(&path[start + length], score + unknownScore, start, unknown ?? -1)
      }
      start += length
    }
  }

  @inline(__always)
  private static func improve(_ step: inout Step, _ score: Double, _ start: Int, _ token: Int32) {
    if step.start < 0 || score > step.score {
      step = Step(score: score, start: start, token: token)
    }
  }

  /// Walks the path back, and fuses neighbouring unknown characters.
  private func appendTokens(
    _ word: UnsafeBufferPointer<UInt8>, _ path: [Step], into ids: inout [Int32]
  ) {
    var pieces: [(range: Range<Int>, token: Int32)] = []
    var end = word.count
    while end > 0 {
      let step = path[end]
      let isUnknown = step.token < 0 || step.token == unknown
      if isUnknown, let next = pieces.last, next.token < 0, next.range.lowerBound == end {
        pieces[pieces.count - 1].range = step.start..<next.range.upperBound
      } else {
        pieces.append((step.start..<end, isUnknown ? -1 : step.token))
      }
      end = step.start
    }
    for piece in pieces.reversed() {
      if piece.token >= 0 {
        ids.append(piece.token)
      } else {
        appendUnknown(word[piece.range], &ids)
      }
    }
  }

  private func appendUnknown(_ text: Slice<UnsafeBufferPointer<UInt8>>, _ ids: inout [Int32]) {
    if let id = vocabulary.id(of: UnsafeBufferPointer(rebasing: text)) {
      ids.append(id)
    } else if let byteTokens, text.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
      ids += text.map { byteTokens[Int($0)] }
    } else if let unknown {
      ids.append(unknown)
    }
  }
}
