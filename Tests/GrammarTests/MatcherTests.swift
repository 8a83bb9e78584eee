import Testing

@testable import Grammar

/// Tokens, special ones among them, as a matcher follows them.
struct MatcherTests {
  private static let markers = ["<call>", "</call>"]
  private static let call: Int32 = 257
  private static let end: Int32 = 258

  /// Free text, with `[0-9]+` between markers any number of times.
  private func calls(most: Int? = nil) throws -> Grammar {
    var builder = GrammarBuilder()
    let free = builder.rule("text")
    let body = builder.sequence([
      try builder.regex("[0-9]+"), builder.marker("</call>"),
      most == 1
        ? try builder.freeText(until: [("<call>", nil)], mayEnd: true) : free,
    ])
    builder.define(free, as: try builder.freeText(until: [("<call>", body)], mayEnd: true))
    return try builder.grammar(root: free)
  }

  @Test func `free text is constrained from the moment a marker has come`() throws {
    let matcher = GrammarMatcher(try calls(), TestVocabulary.bytes(special: Self.markers))
    #expect(matcher.allowed(259) == nil)
    #expect(matcher.accept(text: "Hello <b> \u{1F600}"))
    #expect(matcher.allowed(259) == nil)
    #expect(matcher.accept(Self.call))
    #expect(matcher.allowed(259) == Set((48...57).map { Int32($0) }))
    #expect(!matcher.accept(256))
    #expect(matcher.accept(text: "12"))
    #expect(!matcher.isComplete)
    #expect(matcher.accept(Self.end))
    #expect(matcher.allowed(259) == nil)
    #expect(matcher.accept(text: "more"))
    #expect(matcher.accept(Self.call) && matcher.accept(text: "3") && matcher.accept(Self.end))
    #expect(matcher.accept(256))
    #expect(!matcher.accept(65))
  }

  @Test func `a marker's spelling is no way around its token`() throws {
    let matcher = GrammarMatcher(try calls(), TestVocabulary.bytes(special: Self.markers))
    #expect(matcher.accept(text: "<call"))
    #expect(!matcher.accept(Int32(UInt8(ascii: ">"))))
    #expect(matcher.accept(text: " "))
  }

  @Test func `without special tokens a marker is text`() throws {
    let words = ["l>1", "l>x", "x<ca"]
    let matcher = GrammarMatcher(try calls(), TestVocabulary.bytes(words: words))
    #expect(matcher.accept(259))
    #expect(matcher.accept(text: "l"))
    let allowed = try #require(matcher.allowed(260))
    #expect(allowed.contains(257) && !allowed.contains(258))
    #expect(matcher.accept(257))
    #expect(matcher.accept(text: "2</call> and"))
    #expect(matcher.isComplete)
  }

  @Test func `at most one call can be asked for`() throws {
    let matcher = GrammarMatcher(try calls(most: 1), TestVocabulary.bytes(special: Self.markers))
    #expect(matcher.accept(Self.call) && matcher.accept(text: "3") && matcher.accept(Self.end))
    #expect(matcher.accept(text: "done"))
    #expect(!matcher.accept(Self.call))
    #expect(matcher.allowed(259)?.contains(Self.call) == false)
    #expect(matcher.accept(256))
  }

  @Test func `accepted tokens can be taken back`() throws {
    let matcher = GrammarMatcher(try .jsonSchema(["type": "integer"]))
    let before = matcher.allowed(400)
    #expect(matcher.accept(text: "-12"))
    matcher.rollback(3)
    #expect(matcher.allowed(400) == before)
    #expect(matcher.accept(text: "7") && matcher.accept(256))
    matcher.rollback(1)
    #expect(matcher.accept(text: "8"))
    matcher.rollback(100)
    #expect(matcher.accept(text: "-"))
  }

  @Test func `text that must come is known beforehand`() throws {
    let grammar = try Grammar.regex(#"\{"name": "(get|got)_x"\}"#)
    let matcher = GrammarMatcher(grammar)
    let forced = matcher.forcedTokens()
    let texts = forced.map {
      String(decoding: TestVocabulary.synthetic.texts[Int($0)], as: UTF8.self)
    }
    #expect(!texts.isEmpty)
    #expect(#"{"name": "g"#.hasPrefix(texts.joined()))
    for token in forced { #expect(matcher.accept(token)) }
    let rest = #"{"name": "get"#.dropFirst(texts.joined().count)
    #expect(matcher.accept(text: String(rest)))
    let ending = matcher.forcedTokens().map {
      String(decoding: TestVocabulary.synthetic.texts[Int($0)], as: UTF8.self)
    }
    #expect(ending.joined() == #"_x"}"#)
  }

  @Test func `forced text is written in the tokens that the tokenizer makes of it`() throws {
    // A tokenizer that makes pairs.
    let vocabulary = TestVocabulary.bytes(words: ["ab", "cd", "ef", "abcd"]) { bytes in
      let pairs: [[UInt8]: Int32] = [
        Array("ab".utf8): 257, Array("cd".utf8): 258, Array("ef".utf8): 259,
      ]
      return stride(from: 0, to: bytes.count, by: 2).flatMap { start in
        let pair = Array(bytes[start..<min(start + 2, bytes.count)])
        return pairs[pair].map { [$0] } ?? pair.map(Int32.init)
      }
    }
    let matcher = GrammarMatcher(try .regex("abcdef[0-9]"), vocabulary)
    #expect(matcher.forcedTokens() == [257, 258])
    #expect(matcher.accept(97))
    // Behind `a`, the same text is cut in other places.
    #expect(matcher.forcedTokens() == [98, 99, 100, 101])
  }

  @Test func `a special token that must come is forced`() throws {
    var builder = GrammarBuilder()
    let root = builder.sequence([builder.marker("<call>"), try builder.regex("[01]")])
    let matcher = GrammarMatcher(
      try builder.grammar(root: root), TestVocabulary.bytes(special: Self.markers))
    #expect(matcher.forcedTokens() == [Self.call])
  }

  @Test func `an automaton that has grown too large begins anew and goes on`() throws {
    var limits = GrammarLimits()
    limits.automatonBytes = 1
    let grammar = try Grammar.jsonSchema(["type": "string", "maxLength": 5], limits: limits)
    let matcher = GrammarMatcher(grammar)
    #expect(matcher.accept(text: "\"abcde"))
    #expect(!matcher.accept(text: "f"))
    #expect(matcher.accept(text: "\"") && matcher.isComplete)
  }

  @Test func `matchers of one grammar don't disturb one another`() throws {
    let shared = TokenGrammar(try .choice(["yes", "no"]), TestVocabulary.synthetic)
    let first = GrammarMatcher(shared)
    let second = GrammarMatcher(shared)
    #expect(first.accept(text: "ye") && second.accept(text: "n"))
    #expect(!first.accept(text: "o") && second.accept(text: "o"))
    #expect(!first.isComplete && second.isComplete)
  }
}
