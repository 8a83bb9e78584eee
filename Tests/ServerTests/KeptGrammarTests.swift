import Grammar
import Testing

@testable import Server

/// Grammars of earlier requests are kept within bounds.
struct KeptGrammarTests {
  private func grammar(_ pattern: String) throws -> TokenGrammar {
    let vocabulary = TokenVocabulary(
      count: 257, stopTokens: [256], bytes: { $0 < 256 ? [UInt8($0)] : nil },
      special: { $0 == 256 ? "<stop>" : nil })
    return TokenGrammar(try .regex(pattern), vocabulary)
  }

  @Test func `Large ones go, the one used longest ago first, but never the last`() throws {
    var kept = AnswerConstraints.Kept()
    let names = ["a{5}", "b{6}", "c{7}"]
    let grammars = try names.map(grammar)
    let room = grammars[0].bytes + grammars[1].bytes
    for (name, grammar) in zip(names, grammars) {
      kept.keep(grammar, name, most: 16, bytes: room)
    }
    #expect(kept.order == ["b{6}", "c{7}"] || kept.order == ["c{7}"])
    kept.keep(grammars[0], names[0], most: 16, bytes: 1)
    #expect(kept.order == [names[0]] && kept.grammars.count == 1)
    for (name, grammar) in zip(names, grammars) {
      kept.keep(grammar, name, most: 2, bytes: .max)
    }
    #expect(kept.order == ["b{6}", "c{7}"] && kept.grammars.count == 2)
  }

  @Test func `Those of running answers leave room or are waited for`() throws {
    var kept = AnswerConstraints.Kept()
    let names = ["a{5}", "b{6}"]
    var grammars = try names.map(grammar)
    let room = grammars[0].bytes + grammars[1].bytes - 1
    try kept.admit(grammars[0], bytes: room)
    #expect(throws: APIError.self, "the first one is still used") {
      try kept.admit(grammars[1], bytes: room)
    }
    let last = grammars.removeLast()
    grammars = []
    try kept.admit(last, bytes: room)
    // One alone may take all there is: what it may grow to is its own bound.
    #expect(throws: Never.self) {
      var empty = AnswerConstraints.Kept()
      try empty.admit(last, bytes: 1)
    }
  }

  @Test func `What is only kept gives way`() throws {
    var kept = AnswerConstraints.Kept()
    var first: TokenGrammar? = try grammar("a{5}")
    let second = try grammar("b{6}")
    let room = (first?.bytes ?? 0) + second.bytes - 1
    try first.map {
      try kept.admit($0, bytes: room)
      kept.keep($0, "first", most: 16, bytes: room)
    }
    first = nil
    try kept.admit(second, bytes: room)
    #expect(kept.order == [] && kept.grammars.isEmpty)
  }
}
