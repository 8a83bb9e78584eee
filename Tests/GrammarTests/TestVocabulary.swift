import Grammar
import Testing

/// Small vocabularies, and ways to run a grammar over them.
enum TestVocabulary {
  /// A token for each byte, the stop token 256, and more as named.
  static func bytes(
    words: [String] = [], special: [String] = [], encode: (@Sendable ([UInt8]) -> [Int32])? = nil
  ) -> TokenVocabulary {
    let firstSpecial = 257 + words.count
    return TokenVocabulary(
      count: firstSpecial + special.count, stopTokens: [256],
      bytes: { id in
        if id < 256 { return [UInt8(id)] }
        return id < 257 ? nil : Array(words[Int(id) - 257].utf8)
      },
      special: { id in
        if id == 256 { return "<stop>" }
        return Int(id) >= firstSpecial ? special[Int(id) - firstSpecial] : nil
      },
      encode: encode)
  }

  /// Words as JSON has them, many of which cross from one part of it into the next.
  static let words = [
    "{\"", "\":", "\": ", "\":\"", "\": \"", "\",\"", "\", \"", "\"}", "\"]", "},{", "}}", "]}",
    "[]",
    "{}", "[{", "}]", "[\"", "true", "false", "null", "tru", "ue", ", ", ": ", "12", "123", "0.5",
    "-1", "1e5", "a", "name", "na", "me\"", " \"", "\n", "\n  ", "   ", "abc", "é", "日本", "\\n",
    "\\\"", "\\u00", "\",", "],", "1,", "2}", "3]", "hello", " world", "\"name", "00", "/",
  ]

  static let synthetic = bytes(words: words)
}

extension GrammarMatcher {
  convenience init(_ grammar: Grammar, _ vocabulary: TokenVocabulary = TestVocabulary.synthetic) {
    self.init(TokenGrammar(grammar, vocabulary))
  }

  /// The tokens that may come; nil where everything may.
  func allowed(_ count: Int) -> Set<Int32>? {
    let words = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: (count + 63) / 64)
    defer { words.deallocate() }
    words.initialize(repeating: 0)
    guard fillMask(words) else { return nil }
    return Set((0..<Int32(count)).filter { words[Int($0) / 64] >> UInt64($0 % 64) & 1 != 0 })
  }

  func accept(text: String) -> Bool { text.utf8.allSatisfy { accept(Int32($0)) } }
}

/// Whether a grammar takes a text, byte by byte, and the text may end there.
func takes(_ grammar: Grammar, _ text: String) -> Bool {
  let matcher = GrammarMatcher(grammar)
  return matcher.accept(text: text) && matcher.isComplete
}
