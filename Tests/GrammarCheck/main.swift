// What a schema's grammar takes and says, for a comparison with other validators: reads a JSON object
// a line (`schema`, `texts`, `samples`, `seed`) and answers each with a line.
//
// An answer is `{"refused": REASON}`, or `accepted`, a boolean for each text, and `samples`, texts
// drawn under the grammar's masks.

import Foundation
import Grammar
import JSON
import TestSupport

/// Words that cross from one part of JSON into the next.
let words = [
  "{\"", "\":", "\": ", "\":\"", "\",\"", "\", \"", "\"}", "\"]", "},{", "}}", "]}", "[]", "{}",
  "[{", "}]", "[\"", "true", "false", "null", ", ", ": ", "12", "0.5", "-1", "00", "99", "\\u00",
  "\\ud83d\\ude00", "\\ud83d", "\\n", "\\\"", "é", "日本", "😀", "\"a\":", "\"b\":", "\"c\":",
  "\"a\": ", "\"ab\":", "\"x1\":", "\"x2\":", "aa", "ab", "abc", "\"a\"", "\"b\"", "0.1", "1.0",
  "e5", "E-2", ".0", "-0", "2024-", "-02-29", "T00:00:00Z", "::1", "127.0.0.1", "@", "https://",
]

/// What each token adds to a text: every byte, then nothing for the end, then the words.
let tokenBytes: [[UInt8]] = (0...255).map { [$0] } + [[]] + words.map { Array($0.utf8) }
let end = Int32(256)

let vocabulary = TokenVocabulary(
  count: tokenBytes.count, stopTokens: [end],
  bytes: { $0 == end ? nil : tokenBytes[Int($0)] }, special: { $0 == end ? "<stop>" : nil })

func takes(_ grammar: TokenGrammar, _ text: String) -> Bool {
  let matcher = GrammarMatcher(grammar)
  return text.utf8.allSatisfy { matcher.accept(Int32($0)) } && matcher.isComplete
}

/// The tokens that may come.
func allowed(_ matcher: GrammarMatcher) -> [Int32] {
  let words = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: (vocabulary.count + 63) / 64)
  defer { words.deallocate() }
  words.initialize(repeating: 0)
  let all = 0..<Int32(vocabulary.count)
  guard matcher.fillMask(words) else { return Array(all) }
  return all.filter { words[Int($0) / 64] >> UInt64($0 % 64) & 1 != 0 }
}

/// A text drawn token by token; nil where it didn't end in time.
func sample(_ grammar: TokenGrammar, _ random: inout SeededRandom) -> String? {
  let matcher = GrammarMatcher(grammar)
  var text: [UInt8] = []
  let hurry = Int.random(in: 0...40, using: &random)
  for step in 0..<160 {
    var tokens = allowed(matcher)
    if tokens.contains(end), tokens.count == 1 || Int.random(in: 0...2, using: &random) > 0 {
      return String(decoding: text, as: UTF8.self)
    }
    tokens.removeAll { $0 == end }
    // Long tokens are rare among the allowed ones, and late in a text what closes something helps.
    let long = tokens.filter { $0 > end }
    if !long.isEmpty, Bool.random(using: &random) { tokens = long }
    let closing = tokens.filter { tokenBytes[Int($0)].contains { "\"}]".utf8.contains($0) } }
    if step > hurry, !closing.isEmpty { tokens = closing }
    guard let token = tokens.randomElement(using: &random) else { return nil }
    precondition(matcher.accept(token), "the mask has token \(token), which isn't accepted")
    text += tokenBytes[Int(token)]
  }
  return nil
}

func answer(_ question: JSON) -> JSON {
  let grammar: TokenGrammar
  do {
    grammar = TokenGrammar(try Grammar.jsonSchema(question["schema"] ?? .null), vocabulary)
  } catch {
    return ["refused": .string("\(error)")]
  }
  let texts = (question["texts"]?.array ?? []).map { JSON.bool(takes(grammar, $0.string ?? "")) }
  var random = SeededRandom(seed: UInt64(question["seed"]?.integer ?? 0))
  let samples = (0..<(question["samples"]?.integer ?? 0)).compactMap { _ in
    sample(grammar, &random).map { JSON.string($0) }
  }
  return ["accepted": .array(texts), "samples": .array(samples)]
}

while let line = readLine() {
  guard let question = try? JSON(parsing: line) else {
    print(#"{"refused": "the line isn't JSON"}"#)
    continue
  }
  print(answer(question).text())
  fflush(nil)
}
