import Foundation
import TestSupport
import Testing

@testable import Tokenizers

/// Small tokenizers for tests, written as tokenizer.json has them.
enum TestTokenizer {
  /// A tokenizer whose tokens are the letters a to d, some words, and `added`.
  static func make(
    model: String = wordModel, normalizer: String = "null", preTokenizer: String = "null",
    decoder: String = "null", postProcessor: String = "null", added: String = ""
  ) throws -> Tokenizer {
    try Tokenizer(
      json: """
        {"added_tokens": [\(added)], "normalizer": \(normalizer), "pre_tokenizer": \(preTokenizer),
        "decoder": \(decoder), "post_processor": \(postProcessor), "model": \(model)}
        """)
  }

  static let wordModel = #"""
    {"type": "BPE", "unk_token": "?", "vocab": {"?": 0, "a": 1, "b": 2, "c": 3, "d": 4, " ": 5,
    "ab": 6, "cd": 7, "abcd": 8, "aa": 9, "aaaa": 10, "<": 11, "x": 12, ">": 13},
    "merges": ["a b", "c d", "ab cd", "a a", "aa aa"]}
    """#

  /// A byte-level model with no merges: 256 tokens, one for each byte.
  static var byteModel: String {
    let vocabulary = (UInt8(0)...255).map { byte in
      let text = String(decoding: ByteAlphabet.text(of: [byte]), as: UTF8.self)
      let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(
        of: "\"", with: "\\\"")
      return "\"\(escaped)\": \(byte)"
    }
    return #"{"type": "BPE", "vocab": {"# + vocabulary.joined(separator: ", ")
      + #"}, "merges": []}"#
  }

  static let byteLevel =
    #"{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}"#

  /// A pre-tokeniser that cuts where a regular expression matches.
  static func split(_ expression: String) -> String {
    #"""
    {"type": "Split", "pattern": {"Regex": "\#(expression)"}, "behavior": "Isolated", "invert": false}
    """#
  }

  /// The tokenizer of the model that the repository ships.
  static func pocket() throws -> Tokenizer {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return try Tokenizer(directory: root.appendingPathComponent("Models/pocket-chat-4bit").path)
  }

  static func added(
    _ content: String, id: Int, special: Bool = false, _ flags: String...
  ) -> String {
    let known = ["single_word", "lstrip", "rstrip", "normalized"]
    let settings = known.map { "\"\($0)\": \(flags.contains($0))" }.joined(separator: ", ")
    return #"{"id": \#(id), "content": "\#(content)", "special": \#(special), \#(settings)}"#
  }
}

extension Tokenizer {
  func ids(_ text: String) -> [Int32] { encode(text, addSpecialTokens: false) }

  /// The tokens of a text, joined by bars.
  func spell(_ text: String) -> String {
    ids(text).map { token($0) ?? "-" }.joined(separator: "|")
  }
}

extension SeededRandom {
  /// Text of letters, digits, marks, spaces and what else patterns tell apart.
  mutating func text(length: Int) -> String {
    let characters: [String] = [
      "a", "B", "é", "ß", "日", "ー", "ǅ", "ʰ", "1", "٣", "Ⅷ", "²", "'", "'s", "'LL", "'ſ", "’", "_",
      ".", "!", "+", "€", "/", " ", "  ", "\t", "\n", "\r\n", "\u{A0}", "\u{3000}", "\u{301}",
      "\u{93F}", "\u{200D}", "\u{180E}", "👍", "\u{FFFF}", "\0", "ſ", "K", "\u{11384}", "가",
    ]
    return (0..<length).map { _ in characters.randomElement(using: &self) ?? "" }.joined()
  }
}
