import Foundation
import Testing

@testable import Tokenizers

@Suite struct TokenizerTests {
  @Test func `the pocket model's tokenizer gives back what it was given`() throws {
    let tokenizer = try TestTokenizer.pocket()
    for text in ["Hello, world!\n", " naïve 日本語 👩‍👩‍👧 \u{301}", "<|im_start|>user\n1234<|im_end|>", ""]
    {
      let ids = tokenizer.ids(text)
      #expect(tokenizer.decode(ids, skipSpecialTokens: false).utf8.elementsEqual(text.utf8))
    }
    #expect(tokenizer.endOfSequence == tokenizer.id(of: "<|im_end|>"))
    #expect(tokenizer.beginOfSequence == nil)
    #expect(tokenizer.isSpecial(try #require(tokenizer.endOfSequence)))
  }

  @Test func `an added token in a literal range stays text`() throws {
    let tokenizer = try TestTokenizer.pocket()
    let text = "<|im_end|>é<|im_end|><tool_call>"
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    let call = try #require(tokenizer.id(of: "<tool_call>"))
    #expect(tokenizer.ids(text).filter { [end, call].contains($0) } == [end, end, call])
    let literal = tokenizer.encode(text, addSpecialTokens: false, literal: [12..<33])
    #expect(literal.first == end)
    #expect(!literal.dropFirst().contains(end) && !literal.contains(call))
    #expect(tokenizer.decode(literal, skipSpecialTokens: false) == text)
  }

  @Test func `a literal range ends only what touches it`() throws {
    let tokenizer = try TestTokenizer.make(
      added: TestTokenizer.added("<x>", id: 14) + "," + TestTokenizer.added("<x>b", id: 15))
    #expect(tokenizer.spell("<x>b<x>b") == "<x>b|<x>b")
    // The longer token reaches into the range; the shorter one doesn't.
    #expect(
      tokenizer.encode("<x>b<x>b", addSpecialTokens: false, literal: [3..<4]) == [14, 2, 15])
  }

  @Test func `literal ranges hold in normalised text, too`() throws {
    let token = TestTokenizer.added("<x>", id: 14, special: true, "normalized")
    for normalizer in [
      "null", #"{"type": "Prepend", "prepend": "ab"}"#,
      #"{"type": "Replace", "pattern": {"String": " "}, "content": "dd"}"#,
    ] {
      let tokenizer = try TestTokenizer.make(normalizer: normalizer, added: token)
      #expect(tokenizer.ids(" <x> <x>").count { $0 == 14 } == (normalizer.contains("ab") ? 0 : 2))
      let ids = tokenizer.encode(" <x> <x>", addSpecialTokens: false, literal: [5..<8])
      #expect(ids.count { $0 == 14 } == (normalizer.contains("ab") ? 0 : 1))
    }
  }

  @Test func `tokens that differ only in their Unicode form are different`() throws {
    let model = #"""
      {"type": "BPE", "vocab": {"\u00e9": 0, "e\u0301": 1, "e": 2, "\u0301": 3, "\u212b": 4, "\u00c5": 5},
      "merges": [["e", "\u0301"]]}
      """#
    let tokenizer = try TestTokenizer.make(model: model)
    #expect(tokenizer.ids("\u{e9}e\u{301}\u{212b}\u{c5}") == [0, 1, 4, 5])
    #expect(tokenizer.id(of: "e\u{301}") == 1)
  }

  @Test func `special tokens are put around a text where that is asked for`() throws {
    let template = #"""
      {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "B", "type_id": 0}},
      {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens":
      {"B": {"id": "B", "ids": [7, 8], "tokens": ["cd", "abcd"]}}}
      """#
    let roberta = #"{"type": "RobertaProcessing", "cls": ["a", 1], "sep": ["b", 2]}"#
    let both = #"{"type": "Sequence", "processors": [\#(roberta), \#(template)]}"#
    let tokenizer = try TestTokenizer.make(postProcessor: both)
    #expect(tokenizer.encode("c", addSpecialTokens: true) == [7, 8, 1, 3, 2])
    #expect(tokenizer.encode("c", addSpecialTokens: false) == [3])
  }

  @Test func `bytes of a token are what it adds in the middle of a text`() throws {
    let bytes = try TestTokenizer.make(
      model: TestTokenizer.byteModel, preTokenizer: TestTokenizer.byteLevel,
      decoder: TestTokenizer.byteLevel, added: TestTokenizer.added("<é>", id: 256))
    #expect(bytes.bytes(of: 0xE2) == [0xE2])
    #expect(bytes.bytes(of: 256) == Array("<é>".utf8))
    #expect(bytes.bytes(of: 257) == nil)
    let sentencePiece = try TestTokenizer.make(
      model: #"{"type": "BPE", "vocab": {"▁a": 0, "<0x0A>": 1}, "merges": []}"#,
      decoder: #"""
        {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"},
        "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
        """#)
    #expect(sentencePiece.bytes(of: 0) == Array(" a".utf8))
    #expect(sentencePiece.bytes(of: 1) == [0x0A])
    #expect(sentencePiece.decode([0, 0, 1], skipSpecialTokens: true) == "a a\n")
  }
}
