/// Turns words into token ids: the `model` of tokenizer.json.
protocol TokenModel: Sendable {
  /// The tables that the model works with, also those that it made from the others.
  var data: ModelData { get }
  /// Appends the ids of every word.
  func encode(_ text: WordText, into ids: inout [Int32])
}

/// Every model there is, by the type that tokenizer.json gives it.
enum ModelKinds {
  static func make(_ data: ModelData, _ component: Component, bytes: Bool) throws -> any TokenModel
  {
    try component.make("model", from: kinds)(data, bytes)
  }

  private typealias Make = (_ data: ModelData, _ bytes: Bool) throws -> any TokenModel

  private static let kinds: [String: @Sendable (Component) throws -> Make] = [
    "BPE": { component in { try BPE(component, $0, wordsAreBytes: $1) } },
    "Unigram": { component in { data, _ in try Unigram(component, data) } },
    "WordLevel": { component in { data, _ in try WordLevel(component, data) } },
    "WordPiece": { component in { data, _ in try WordPiece(component, data) } },
  ]
}

/// The large parts of a model: read from tokenizer.json, or mapped from a compiled table.
struct ModelData: Sendable {
  var vocabulary: Vocabulary
  /// BPE's merges.
  var merges: MergeTable?
  /// Unigram's scores, by id.
  var scores: FlatTable<Double>?
  /// The vocabulary as a trie, where the model needs it and it was prepared.
  var trie: PrefixTrie?
  /// BPE's filter for long words, likewise.
  var neighbors: NeighborFilter?
}

extension ModelData {
  func with(_ trie: PrefixTrie) -> ModelData {
    var data = self
    data.trie = trie
    return data
  }
}
