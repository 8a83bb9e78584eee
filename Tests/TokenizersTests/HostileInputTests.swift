import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct HostileInputTests {
  private static let file = #"""
    {"version": "1.0", "added_tokens": [{"id": 5, "content": "<s>", "single_word": false,
    "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
    "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"},
    {"type": "Replace", "pattern": {"Regex": " +"}, "content": "▁"}]},
    "pre_tokenizer": {"type": "Split", "pattern": {"String": "b"}, "behavior": "Isolated",
    "invert": false}, "post_processor": {"type": "BertProcessing", "cls": ["a", 0], "sep": ["b", 1]},
    "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
    "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, "ab": 2, "▁": 3,
    "<0x41>": 4}, "merges": ["a b"], "byte_fallback": true}}
    """#

  /// The error that a file is refused with.
  private func refusal(_ json: String) -> String? {
    do {
      _ = try Tokenizer(json: json)
      return nil
    } catch {
      return String(describing: error)
    }
  }

  private func refusal(replacing part: String, by other: String) throws -> String? {
    try #require(Self.file.contains(part))
    return refusal(Self.file.replacingOccurrences(of: part, with: other))
  }

  @Test func `errors name the file, the key and what is wrong`() throws {
    let expected = [
      (
        #"{"type": "NFC"}"#, #"{"type": "NFX"}"#,
        "normalizer.normalizers[0].type: the normalizer \"NFX\" isn't supported"
      ),
      (
        #""String": "b""#, #""Regex": "(b""#,
        "pre_tokenizer.pattern.Regex: the regular expression can't be used"
      ),
      (
        #""Isolated""#, #""Sideways""#, "pre_tokenizer.behavior: \"Sideways\" is no split behaviour"
      ),
      (
        #""ByteFallback""#, #""Magic""#,
        "decoder.decoders[0].type: the decoder \"Magic\" isn't supported"
      ),
      (#""type": "BPE""#, #""type": "GPT""#, "model.type: the model \"GPT\" isn't supported"),
      (#"["a b"]"#, #"["a b c"]"#, "model.merges[0]: \"a b c\" isn't two tokens"),
      (#"["a b"]"#, #"["a x"]"#, "model.merges[0]: \"x\" isn't in the vocabulary"),
      (#"["a b"]"#, #"["b a"]"#, "model.merges[0]: \"ba\" isn't in the vocabulary"),
      (#""a": 0"#, #""a": -1"#, "model.vocab: the id -1 of \"a\" is out of range"),
      (#""a": 0"#, #""a": 0.5"#, "model.vocab: expected an integer"),
      (
        #""content": "<s>""#, #""content": 7"#,
        "added_tokens[0].content: expected a string, not a number"
      ),
      (
        #""unk_token": null"#, #""dropout": 0.1"#,
        "model.dropout: only a tokenizer without dropout can be used"
      ),
      (#"["b", 1]"#, #"["b"]"#, "post_processor.sep: expected a token and its id"),
    ]
    for (part, other, message) in expected {
      let refusal = try #require(try refusal(replacing: part, by: other), "\(other) was taken")
      #expect(refusal.hasPrefix("tokenizer.json: " + message), "\(refusal)")
    }
    let missing = #expect(throws: TokenizerError.self) { try Tokenizer(directory: "/nonexistent") }
    #expect(missing?.description.hasPrefix("/nonexistent/tokenizer.json: can't open it") == true)
    let pointer = refusal("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 11\n")
    #expect(pointer?.contains("fetch it with `git lfs pull`") == true)
  }

  @Test(arguments: ["tekken.json", "tokenizer.model"])
  func `what stands in place of tokenizer json is named`(_ name: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data().write(to: folder.appendingPathComponent(name))
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(directory: folder.path) }
    #expect(error?.description.contains("tokenizer.json: is missing, and \(name)") == true)
  }

  @Test func `a truncated file is refused wherever it ends`() {
    let bytes = Array(Self.file.utf8)
    #expect(refusal(Self.file) == nil)
    for end in 0..<bytes.count {
      #expect(refusal(String(decoding: bytes[..<end], as: UTF8.self)) != nil, "at \(end)")
    }
  }

  @Test func `a damaged file is refused or used, but never crashes`() {
    var generator = SeededRandom(seed: 3)
    let junk = [
      "null", "-1", "[]", "{}", "\"\"", "1e999", "16777216", "true", "\"\\ud800\"", "\u{0}",
    ]
    for _ in 0..<1500 {
      var bytes = Array(Self.file.utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let start = Int.random(in: 0..<bytes.count, using: &generator)
        let end = min(bytes.count, start + Int.random(in: 0..<20, using: &generator))
        bytes.replaceSubrange(start..<end, with: (junk.randomElement(using: &generator) ?? "").utf8)
      }
      guard let tokenizer = try? Tokenizer(json: String(decoding: bytes, as: UTF8.self)) else {
        continue
      }
      let ids = tokenizer.encode("ab <s>é\u{301} b", addSpecialTokens: true, literal: [4..<9])
      _ = tokenizer.decode(ids + [0, -1, 1 << 20], skipSpecialTokens: false)
      _ = ids.map { tokenizer.bytes(of: $0) }
    }
  }

  @Test func `long runs of one character take no more than their share of time`() throws {
    let tokenizers = [
      try TestTokenizer.pocket(), try TestTokenizer.make(),
      try TestTokenizer.make(
        normalizer: #"{"type": "NFC"}"#,
        preTokenizer: TestTokenizer.split(#"\\s*[\\r\\n]+|\\s+(?!\\S)|\\w+"#)),
    ]
    for character in ["a", " ", "\n", "'", "<", "\u{301}", "日", "1"] {
      let text = String(repeating: character, count: 1_000_000 / character.utf8.count / 10)
      for tokenizer in tokenizers {
        let start = ContinuousClock.now
        _ = tokenizer.ids(text)
        #expect(ContinuousClock.now - start < .seconds(20), "\(character.debugDescription)")
      }
    }
  }

  @Test func `steps that multiply a text end before memory does`() throws {
    let grow = #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaaaaaaaa"}"#
    let steps = repeatElement(grow, count: 40).joined(separator: ",")
    let tokenizer = try TestTokenizer.make(
      normalizer: #"{"type": "Sequence", "normalizers": [\#(steps)]}"#)
    #expect(tokenizer.ids("a").count < 1_000_000)
  }

  @Test func `a regular expression that never ends gives up`() throws {
    let tokenizer = try TestTokenizer.make(
      preTokenizer: TestTokenizer.split("(a+)+$|(?:a|a)+x"))
    #expect(!tokenizer.ids(String(repeating: "a", count: 40) + "b").isEmpty)
  }
}
