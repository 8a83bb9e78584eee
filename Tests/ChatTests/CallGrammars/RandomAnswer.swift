import Grammar
import TestSupport
import Testing

@testable import Chat

/// Draws answers that a grammar allows, token by token.
struct RandomAnswer {
  let vocabulary: FormatVocabulary
  let grammar: TokenGrammar
  /// Texts that end what is open, tried when an answer grows long.
  private let closers: [String]

  /// Answers longer than this are brought to an end.
  private static let length = 50
  private static let mostTokens = 400

  init(_ grammar: Grammar, _ vocabulary: FormatVocabulary, _ format: any ToolFormat) {
    self.vocabulary = vocabulary
    self.grammar = TokenGrammar(grammar, vocabulary.tokens)
    var closers: [String] = []
    for calls in format.callGrammars {
      let members = calls.arguments.compactMap(\.members)
      closers += [calls.end, calls.tail] + members.flatMap { [$0.end, $0.close] }
      for notation in calls.arguments {
        closers += [notation.items?.end ?? ""]
        if case .raw(let raw) = notation.strings { closers.append(raw.end) }
      }
    }
    let plain = [
      "\"", "'", "}", "]", ")", "<|message|>", "0", "null", "\"\"", "{}", "[]", "a", "-",
    ]
    let all = closers.flatMap { [$0.replacing("␤", with: ""), $0.replacing("␤", with: "\n")] }
    self.closers = all.filter { !$0.isEmpty && !$0.contains("KEY") } + plain
  }

  /// An answer's tokens; nil where it found no end.
  func draw(_ random: inout SeededRandom, begin: [Int32] = []) -> [Int32]? {
    let matcher = GrammarMatcher(grammar)
    guard matcher.take(begin) == begin.count else { return nil }
    var tokens = begin
    while tokens.count < Self.mostTokens {
      let isLong = tokens.count > Self.length
      if isLong || Int.random(in: 0..<4, using: &random) == 0 {
        if matcher.isComplete, isLong || Bool.random(using: &random) { return tokens }
        if let closer = close(matcher, &random) {
          tokens += closer
          continue
        }
      }
      guard let token = step(matcher, &random) else { return nil }
      if token == vocabulary.stop { return tokens }
      tokens.append(token)
    }
    return nil
  }

  /// Any token at first; where most are refused, one of the mask.
  private func step(_ matcher: GrammarMatcher, _ random: inout SeededRandom) -> Int32? {
    for _ in 0..<12 {
      let token = Int32.random(in: 0..<vocabulary.stop, using: &random)
      if matcher.accept(token) { return token }
    }
    let allowed = matcher.allowed(of: vocabulary)
    guard let token = allowed.randomElement(using: &random) else { return nil }
    #expect(token == vocabulary.stop || matcher.accept(token))
    return token
  }

  /// One of the closing texts that the grammar takes.
  private func close(_ matcher: GrammarMatcher, _ random: inout SeededRandom) -> [Int32]? {
    for text in closers.shuffled(using: &random) {
      let tokens = vocabulary.encode(text, &random)
      let taken = matcher.take(tokens)
      if taken == tokens.count { return tokens }
      matcher.rollback(taken)
    }
    return nil
  }
}
