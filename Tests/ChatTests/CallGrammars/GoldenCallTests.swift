import Foundation
import Grammar
import JSON
import TestSupport
import Testing

@testable import Chat

/// What models have written, as the golden data has it, is what the grammars allow.
struct GoldenCallTests {
  /// Outputs that parsers read for kindness, and that no template teaches.
  private static let unusual: [String: Set<String>] = [
    // Other notations than the format's own.
    "glm47": ["json-form", "plain-form", "python-literal"],
    "kimi_k3": ["json-block"], "kimi_k2": ["no-prefix", "spaces"],
    "function_gemma": ["bare-string"],
    "minimax_m2": ["single-quotes"],
    // Other members, another order, or no end.
    "json_tools": ["arguments-first", "unclosed"], "mistral": ["id-and-string-arguments"],
    "qwen3_coder": ["null"],
    // A string that the parser reads as an object.
    "muse_spark": ["braces-in-string"],
  ]

  struct Family: CustomTestStringConvertible {
    let file: JSON
    var name: String { file["family"]?.string ?? "" }
    var testDescription: String { name }
  }

  static let families: [Family] = {
    let folder = URL(fileURLWithPath: VendorTemplate.folder).deletingLastPathComponent()
      .appendingPathComponent("tool-calls")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().compactMap { name in
      guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else {
        return nil
      }
      return (try? JSON(parsing: Array(data))).map { Family(file: $0) }
    }
  }()

  @Test(arguments: families) func `golden calls are allowed`(_ family: Family) throws {
    let tools = family.file["tools"]?.array ?? []
    let format = try #require(toolFormat(named: family.name, for: .init(template: "")))
    let offered = Set(tools.compactMap { $0["function"]?["name"]?.string })
    let think = family.file["think"]?.array?.compactMap(\.string)
    let reasoning = think.map { ReasoningMarkers($0[0], $0[1]) }
    var rules = AnswerRules()
    rules.tools = tools
    let writer = try AnswerWriter(format: format, reasoning: reasoning, rules: rules, begun: "")
    let grammar = try #require(try writer.grammar())
    let vocabulary = FormatVocabulary(format, hasMarkers: true, reasoning: reasoning)
    let shared = TokenGrammar(grammar, vocabulary.tokens)
    var random = SeededRandom(seed: 2)
    var checked = 0
    for golden in family.file["cases"]?.array ?? [] {
      guard let output = output(golden, family.name, offered, writer) else { continue }
      checked += 1
      let matcher = GrammarMatcher(shared)
      let tokens = vocabulary.encode(output, &random)
      let taken = matcher.take(tokens)
      let rest = vocabulary.text(Array(tokens.dropFirst(taken)))
      #expect(taken == tokens.count, "\(golden["id"]?.string ?? ""): at \(rest.debugDescription)")
      #expect(taken < tokens.count || matcher.isComplete, "\(golden["id"]?.string ?? "")")
    }
    #expect(checked > 5)
  }

  /// The output of a case that has calls and nothing wrong; nil for others.
  private func output(
    _ golden: JSON, _ family: String, _ offered: Set<String>, _ writer: AnswerWriter
  ) -> String? {
    let calls = golden["expected"]?["tool_calls"]?.array ?? []
    let names = calls.compactMap { $0["name"]?.string }
    let canBeWritten = names.allSatisfy { name in
      writer.calls?.grammars.contains { (try? Grammar.matches($0.names, name)) == true } ?? false
    }
    let id = golden["id"]?.string ?? ""
    guard golden["finish"]?.string == "stop", golden["initial_state"]?.string == "normal",
      golden["expected"]?["errors"]?.array?.isEmpty == true, !names.isEmpty, canBeWritten,
      names.allSatisfy(offered.contains),
      !(Self.unusual[family]?.contains(id) ?? false)
    else { return nil }
    return golden["output"]?.string
  }
}
