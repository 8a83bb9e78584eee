import TestSupport
import Testing

@testable import Tokenizers

@Suite struct ModelTests {
  /// Merges symbols the way it is defined: the lowest rank first, the leftmost among equals.
  private func naive(_ symbols: [Int32], _ ranks: [[Int32]: (rank: Int, merged: Int32)]) -> [Int32]
  {
    var symbols = symbols
    while true {
      let pairs = symbols.indices.dropLast().compactMap { index in
        ranks[[symbols[index], symbols[index + 1]]].map {
          (rank: $0.rank, index: index, id: $0.merged)
        }
      }
      guard let best = pairs.min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) }) else {
        return symbols
      }
      symbols.replaceSubrange(best.index...best.index + 1, with: [best.id])
    }
  }

  @Test func `short and long words are merged alike`() {
    var generator = SeededRandom(seed: 11)
    for _ in 0..<60 {
      var ranks: [[Int32]: (rank: Int, merged: Int32)] = [:]
      var merges: [(left: Int32, right: Int32, merged: Int32)] = []
      for id in Int32(4)..<40 {
        let pair = [
          Int32.random(in: 0..<id, using: &generator), .random(in: 0..<id, using: &generator),
        ]
        if ranks[pair] != nil { continue }
        ranks[pair] = (merges.count, id)
        merges.append((pair[0], pair[1], id))
      }
      let table = MergeTable(merges)
      for length in [1, 2, 7, 95, 96, 97, 300] {
        let symbols = (0..<length).map { _ in Int32.random(in: 0..<4, using: &generator) }
        var merger = Merger(unknown: UnknownToken(id: nil, fuses: false))
        var ids: [Int32] = []
        for symbol in symbols { merger.append(symbol) }
        table.withMerges { merger.flush($0, into: &ids) }
        #expect(ids == naive(symbols, ranks))
      }
    }
  }

  @Test func `a long word is cut only where no merge can cross`() throws {
    // Without pre-tokenisation a text is one word.
    let tokenizer = try TestTokenizer.make()
    #expect(tokenizer.spell("abcd abaaaaacd") == "abcd| |ab|aaaa|a|cd")
  }

  @Test func `unknown characters fuse where the model says so`() throws {
    let plain = #"{"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1}, "merges": []}"#
    let fused = plain.replacing("\"merges\"", with: "\"fuse_unk\": true, \"merges\"")
    #expect(try TestTokenizer.make(model: plain).ids("axya") == [1, 0, 0, 1])
    #expect(try TestTokenizer.make(model: fused).ids("axya") == [1, 0, 1])
    let none = plain.replacing("\"?\",", with: "null,")
    #expect(try TestTokenizer.make(model: none).ids("axya") == [1, 1])
  }

  @Test func `merges are taken in both spellings`() throws {
    let lines =
      ##"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["#version: 0.2", "a b"]}"##
    let pairs = #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]}"#
    let reversed = #"{"merges": [["a", "b"]], "vocab": {"a": 0, "b": 1, "ab": 2}, "type": "BPE"}"#
    for model in [lines, pairs, reversed] {
      #expect(try TestTokenizer.make(model: model).ids("abba") == [2, 1, 0])
    }
  }

  @Test func `a word that is a token is taken whole where merges are ignored`() throws {
    let model = #"""
      {"type": "BPE", "ignore_merges": true,
      "vocab": {"a": 0, "b": 1, "ab": 2, "bab": 3, "ba": 4}, "merges": ["a b"]}
      """#
    let tokenizer = try TestTokenizer.make(
      model: model, preTokenizer: #"{"type": "WhitespaceSplit"}"#)
    #expect(tokenizer.ids("bab abab") == [3, 2, 2])
  }

  @Test func `prefixes and suffixes mark a character's place in its word`() throws {
    let model = ##"""
      {"type": "BPE", "continuing_subword_prefix": "#", "end_of_word_suffix": "/", "vocab": {"a": 0,
      "#a": 1, "#a/": 2, "a/": 3, "a#a": 4, "aa": 5}, "merges": [["a", "#a"]]}
      """##
    let tokenizer = try TestTokenizer.make(
      model: model, preTokenizer: #"{"type": "WhitespaceSplit"}"#)
    #expect(tokenizer.ids("a aa aaa") == [3, 0, 2, 5, 2])
  }

  @Test func `the best spelling is the one with the highest sum of scores`() throws {
    let model = #"""
      {"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0], ["a", 0],
      ["b", 0], ["c", 0], ["d", 0], ["cd", 1], ["ab", 2], ["abc", 5], ["abcd", 10], ["<0x78>", -3]]}
      """#
    let tokenizer = try TestTokenizer.make(model: model)
    #expect(tokenizer.spell("abcdacdxx") == "abcd|a|cd|<0x78>|<0x78>")
    #expect(tokenizer.spell("ayyxa") == "a|<unk>|a")
  }

  @Test func `a word is spelt with the longest tokens, or not at all`() throws {
    let model = ##"""
      {"type": "WordPiece", "unk_token": "[U]", "max_input_chars_per_word": 6, "vocab": {"[U]": 0,
      "un": 1, "##aff": 2, "##able": 3, "##a": 4, "una": 5}}
      """##
    let tokenizer = try TestTokenizer.make(
      model: model, preTokenizer: #"{"type": "BertPreTokenizer"}"#)
    #expect(tokenizer.ids("unaff una unx unaffaff") == [0, 5, 0, 0])
    #expect(tokenizer.ids("unaa un") == [5, 4, 1])
  }
}
