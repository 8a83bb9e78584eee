import TestSupport
import Testing

@testable import Tokenizers

@Suite struct StreamDecoderTests {
  /// The pieces of a stream, with the last one from `finish`.
  private func pieces(_ tokenizer: Tokenizer, _ ids: [Int32]) -> [String] {
    var decoder = tokenizer.makeStreamDecoder(skipSpecialTokens: false)
    return ids.map { decoder.append($0) } + [decoder.finish()]
  }

  private func byteLevel() throws -> Tokenizer {
    try TestTokenizer.make(
      model: TestTokenizer.byteModel, preTokenizer: TestTokenizer.byteLevel,
      decoder: TestTokenizer.byteLevel)
  }

  @Test func `characters come whole`() throws {
    let tokenizer = try byteLevel()
    #expect(pieces(tokenizer, tokenizer.ids("a€b")) == ["a", "", "", "€", "b", ""])
  }

  @Test func `each part that is no character becomes one replacement`() throws {
    let tokenizer = try byteLevel()
    #expect(pieces(tokenizer, [0xE2, 0x82, 0x61]) == ["", "", "\u{FFFD}a", ""])
    #expect(pieces(tokenizer, [0xE2, 0x82]) == ["", "", "\u{FFFD}"])
    #expect(pieces(tokenizer, [0xED, 0xA0, 0x80]) == ["", "\u{FFFD}\u{FFFD}", "\u{FFFD}", ""])
    #expect(pieces(tokenizer, [0xC0, 0xF5, 0xF0, 0x80]).joined().unicodeScalars.count == 4)
  }

  @Test func `any bytes stream to what Swift makes of them at once`() throws {
    let tokenizer = try byteLevel()
    var generator = SeededRandom(seed: 1)
    let bytes: [UInt8] = [
      0x41, 0x80, 0xBF, 0xC2, 0xC3, 0xE0, 0xA0, 0x9F, 0xED, 0xEF, 0xF0, 0x90, 0xF4, 0xFF,
    ]
    for _ in 0..<500 {
      let text = (0..<12).map { _ in bytes.randomElement(using: &generator) ?? 0 }
      let pieces = pieces(tokenizer, text.map { Int32($0) })
      #expect(pieces.joined() == String(decoding: text, as: UTF8.self))
    }
  }

  @Test func `byte tokens wait for the end of their run`() throws {
    let tokenizer = try TestTokenizer.make(
      model: #"{"type": "BPE", "vocab": {"a": 0, "<0xC3>": 1, "<0xA9>": 2}, "merges": []}"#,
      decoder: #"{"type": "ByteFallback"}"#)
    #expect(pieces(tokenizer, [1, 2, 0]) == ["", "", "éa", ""])
    #expect(pieces(tokenizer, [1, 2, 1, 0, 2]).joined() == "\u{FFFD}\u{FFFD}\u{FFFD}a\u{FFFD}")
  }

  @Test func `every decoder streams to what the reference decodes at once`() throws {
    let model = ##"""
      {"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, "##b": 1, "▁c": 2, "d</w>": 3,
      "<pad>": 4, "|": 5, "  e  ": 6, ".": 7, "é": 8}}
      """##
    let ids: [Int32] = [2, 0, 1, 3, 0, 0, 4, 0, 5, 6, 7, 8, 3]
    let decoders: [(String, String)] = [
      (
        ###"{"type": "WordPiece", "prefix": "##", "cleanup": true}"###,
        "▁c ab d</w> a a <pad> a |   e  . é d</w>"
      ),
      (#"{"type": "BPEDecoder", "suffix": "</w>"}"#, "▁ca##bd aa<pad>a|  e  .éd"),
      (
        #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}"#,
        "ca##bd</w>aa<pad>a|  e  .éd</w>"
      ),
      (
        #"{"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true}"#,
        "▁ca##bd</w>aa   e  .éd</w>"
      ),
      (
        #"{"type": "Strip", "content": " ", "start": 1, "stop": 1}"#,
        "▁ca##bd</w>aa<pad>a| e .éd</w>"
      ),
      (
        #"{"type": "Replace", "pattern": {"Regex": "[a-e]"}, "content": "-"}"#,
        "▁--##--</w>--<p-->-|  -  .é-</w>"
      ),
      ("null", "▁c a ##b d</w> a a <pad> a |   e   . é d</w>"),
    ]
    for (decoder, text) in decoders {
      let tokenizer = try TestTokenizer.make(model: model, decoder: decoder)
      #expect(tokenizer.decode(ids, skipSpecialTokens: false) == text, "\(decoder)")
      #expect(pieces(tokenizer, ids).joined() == text)
    }
  }

  @Test func `what may be stripped at the end is held back and no more`() throws {
    let tokenizer = try TestTokenizer.make(
      model: #"{"type": "WordLevel", "unk_token": "a", "vocab": {"a": 0, " ": 1}}"#,
      decoder: #"""
        {"type": "Sequence", "decoders": [{"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 2}]}
        """#)
    #expect(
      pieces(tokenizer, [1, 1, 0, 1, 1, 1, 0, 1]) == ["", "", " a", "", "", " ", "  a", "", ""])
    #expect(pieces(tokenizer, [1, 1, 1, 1]).joined() == " ")
  }

  @Test func `ids without a token are left out`() throws {
    let tokenizer = try TestTokenizer.make(decoder: #"{"type": "Fuse"}"#)
    #expect(tokenizer.decode([1, -1, 999, .max, 2], skipSpecialTokens: true) == "ab")
    #expect(tokenizer.token(-1) == nil)
  }
}
