import TestSupport
import Testing

@testable import Tokenizers

@Suite struct PatternTests {
  /// The pieces that a pattern cuts a text into, matches and what lies between.
  private func pieces(_ pattern: some Pattern, _ text: String) -> [String] {
    var words = WordText(NormalizedText(bytes: Array(text.utf8), originLength: 0))
    words.split(at: pattern, .isolated)
    return words.words.map { String(decoding: words.bytes[$0], as: UTF8.self) }
  }

  private func expression(_ source: String) throws -> RegularExpression {
    let component = try Component(.object(.init()), file: "test", key: "")
    return try RegularExpression(source, component: component, key: "Regex")
  }

  @Test func `scanners find what their regular expressions find`() throws {
    var generator = SeededRandom(seed: 5)
    for (source, scanner) in KnownPatterns.scanners {
      let expression = try expression(source)
      for _ in 0..<250 {
        let text = generator.text(length: .random(in: 1...14, using: &generator))
        #expect(
          pieces(scanner, text) == pieces(expression, text), "\(source) in \(text.debugDescription)"
        )
      }
    }
  }

  @Test func `published patterns have a scanner`() {
    let llama3 =
      #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
      + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    #expect(KnownPatterns.scanner(for: llama3) != nil)
    #expect(KnownPatterns.scanner(for: llama3 + "|x") == nil)
  }

  /// Source, text, and the pieces that the reference cuts it into.
  @Test(arguments: [
    (#"(?i:'s|'t)|\p{L}+"#, "it'ſ x'S", ["it", "'ſ", " ", "x", "'S"]),
    (#"\w+"#, "a_b‿c\u{200D}d\u{301}e²fⒶ", ["a_b‿c", "\u{200D}", "d\u{301}e²fⒶ"]),
    (#"[\w]+"#, "a²b", ["a", "²", "b"]),
    (#"\s"#, "a\u{85}b\u{180E}c", ["a", "\u{85}", "b\u{180E}c"]),
    (#"\h+"#, "xyz 12", ["xyz ", "12"]),
    (#"^b"#, "a\nb", ["a\n", "b"]),
    (#"a.b"#, "a\nb a\rb", ["a\nb ", "a\rb"]),
    (#"(?m:a.b)"#, "xa\nb", ["x", "a\nb"]),
    (#"x*"#, "axb", ["a", "x", "b"]),
    (#"\p{N}{1,3}+"#, "1234567", ["1234567"]),
    (#"\p{N}{1,3}"#, "1234567", ["123", "456", "7"]),
    (#"a{2}+"#, "aaaaa", ["aaaa", "a"]),
    (#"a{,2}"#, "aaaaa", ["aa", "aa", "a"]),
    (#"[a-c&&[^b]]"#, "abcd", ["a", "b", "c", "d"]),
    (#"[[a-b]d]+"#, "abcd", ["ab", "c", "d"]),
    (#"[^[a]b]+"#, "abcd", ["ab", "cd"]),
    (#"[^\W\d_]+"#, "ab1_c", ["ab", "1_", "c"]),
    (#"[^\S\n]+"#, "a \t\nb", ["a", " \t", "\nb"]),
    (#"[[:punct:]]"#, "a$+b-", ["a", "$", "+", "b", "-"]),
    (#"\b"#, "ab é", ["ab", " ", "é"]),
    (#"\u0061+"#, "baa", ["b", "aa"]),
    (#"[]a]+"#, "b]a", ["b", "]a"]),
    (#"\p{Han}+"#, "a日、本", ["a", "日", "、", "本"]),
  ])
  func `expressions mean what they mean to the reference`(
    _ source: String, _ text: String, _ expected: [String]
  ) throws {
    #expect(pieces(try expression(source), text) == expected)
  }

  @Test func `what can't be translated is refused`() {
    for source in ["(", "[a", "a)", "\\p{Nonsense}", String(repeating: "[", count: 100)] {
      #expect(throws: TokenizerError.self, "\(source)") { try expression(source) }
    }
  }

  @Test func `literals are found without overlap`() {
    #expect(pieces(LiteralPattern(literal: Array("aa".utf8)), "aaaba") == ["aa", "aba"])
    #expect(pieces(LiteralPattern(literal: Array("long".utf8)), "lon") == ["lon"])
  }

  @Test(arguments: [
    (SplitBehavior.removed, false, ["the", "final", "", "countdown"]),
    (.isolated, false, ["the", "-", "final", "-", "-", "countdown"]),
    (.mergedWithPrevious, false, ["the-", "final-", "-", "countdown"]),
    (.mergedWithNext, false, ["the", "-final", "-", "-countdown"]),
    (.contiguous, false, ["the", "-", "final", "--", "countdown"]),
    (.removed, true, ["-", "-", "-"]),
    (.mergedWithNext, true, ["the-", "final-", "-", "countdown"]),
    (.mergedWithPrevious, true, ["the", "-final", "-", "-countdown"]),
  ])
  func `delimiters go where the behaviour says`(
    _ behavior: SplitBehavior, _ invert: Bool, _ expected: [String]
  ) {
    var words = WordText(
      NormalizedText(bytes: Array("the-final--countdown".utf8), originLength: 0))
    words.split(at: LiteralPattern(literal: [UInt8(ascii: "-")]), behavior, invert: invert)
    let pieces = words.words.map { String(decoding: words.bytes[$0], as: UTF8.self) }
    #expect(pieces == expected.filter { !$0.isEmpty })
  }
}
