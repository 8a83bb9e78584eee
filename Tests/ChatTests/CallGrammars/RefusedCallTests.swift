import Grammar
import JSON
import TestSupport
import Testing

@testable import Chat

/// Calls that break a schema end at the token that does it, in every format.
struct RefusedCallTests {
  private static let tools = try? [
    CallableTools.tool(
      "get_weather",
      #"{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}"#
    )
  ]

  /// How a format writes a call: its grammar where nothing else can come.
  private func written(
    _ test: FormatCase, _ name: String, _ arguments: JSON, _ form: Int
  ) throws -> String {
    let constants = (arguments.object?.members ?? []).map { member in
      (key: member.key, value: JSON.object(JSONObject([(key: "const", value: member.value)])))
    }
    let schema: JSON = [
      "type": "object", "properties": .object(JSONObject(constants)),
      "required": .array(constants.map { .string($0.key) }), "additionalProperties": false,
    ]
    let tool: JSON = ["function": ["name": .string(name), "parameters": schema]]
    let callable = try #require(CallableTool(tool, strict: []))
    let calls = test.format.callGrammars[form]
    let writer = try CallWriter([calls], [callable], allowsSeveral: false, isDemanded: true)
    var builder = GrammarBuilder()
    let end = builder.empty
    let body = try writer.body(of: calls, &builder, then: end)
    let root = builder.sequence([builder.template(calls.begin), body])
    let vocabulary = test.vocabulary
    let matcher = GrammarMatcher(
      TokenGrammar(try builder.grammar(root: root), vocabulary.tokens))
    var tokens: [Int32] = []
    while tokens.count < 400,
      let token = matcher.allowed(of: vocabulary).max(by: {
        vocabulary.texts[Int($0)].count < vocabulary.texts[Int($1)].count
      }), token != vocabulary.stop, matcher.accept(token)
    {
      tokens.append(token)
    }
    return vocabulary.text(tokens)
  }

  /// Where the grammar refuses a call; nil where it takes all of it.
  private func refusal(
    _ test: FormatCase, _ text: String, _ calls: AnswerRules.Calls, before: String = ""
  ) throws -> Int? {
    let tools = try #require(Self.tools)
    let vocabulary = test.vocabulary
    let grammar = try test.grammar(tools, calls)
    let matcher = GrammarMatcher(TokenGrammar(grammar, vocabulary.tokens))
    var random = SeededRandom(seed: 1)
    let tokens = vocabulary.encode(before + text, &random)
    let taken = matcher.take(tokens)
    return taken == tokens.count
      ? nil : vocabulary.text(Array(tokens[..<taken])).utf8.count - before.utf8.count
  }

  private func shared(_ first: String, _ second: String) -> Int {
    zip(first.utf8, second.utf8).prefix { $0 == $1 }.count
  }

  @Test(arguments: FormatCase.all.filter { $0.hasMarkers })
  func `what breaks the schema is refused where it does`(_ test: FormatCase) throws {
    let header = test.format.headerOpening == nil ? "" : test.begun
    for form in test.format.callGrammars.indices {
      let before =
        header == "<|start|>assistant" && test.format is MuseSparkFormat ? " to=f<|message|>" : ""
      let right = try written(test, "get_weather", ["city": "Oslo", "days": 3], form)
      #expect(try refusal(test, right, .required, before: before) == nil, "\(right)")
      let wrong = try [
        written(test, "get_wether", ["city": "Oslo", "days": 3], form),
        written(test, "get_weather", ["days": 3], form),
        written(test, "get_weather", ["city": "Oslo", "days": "many"], form),
        written(test, "get_weather", ["city": "Oslo", "days": 3, "hours": 4], form),
      ]
      for text in wrong {
        let place = try #require(try refusal(test, text, .required, before: before), "\(text)")
        let end = shared(right, text)
        // Tokens are up to eight bytes long.
        #expect(place <= end && place > end - 8, "\(place), not \(end): \(text)")
      }
    }
  }

  @Test(arguments: FormatCase.all)
  func `text is free until a call begins`(_ test: FormatCase) throws {
    let tools = try #require(Self.tools)
    let vocabulary = test.vocabulary
    let shared = TokenGrammar(try test.grammar(tools, .allowed), vocabulary.tokens)
    var random = SeededRandom(seed: 4)
    for text in [
      "Hello!", "{\"a\": [1, {}]} <b>x</b>\n\n", "[see](x) <｜ <| call:x{} < tool_call", "日本",
    ] {
      let matcher = GrammarMatcher(shared)
      let answer = before(test) + text
      let tokens = vocabulary.encode(answer, &random)
      #expect(matcher.take(tokens) == tokens.count, "\(answer)")
      #expect(matcher.isComplete)
    }
  }

  /// The header of an answer's text.
  private func before(_ test: FormatCase) -> String {
    switch test.format {
    case is HarmonyFormat: "<|channel|>final<|message|>"
    case is MuseSparkFormat: " to=user<|message|>"
    case is FunctionaryFormat: "all\n"
    default: ""
    }
  }

  @Test(arguments: FormatCase.all.filter { $0.hasMarkers })
  func `in a free answer a call is held to its schema, however its marker is spelled`(
    _ test: FormatCase
  ) throws {
    let tools = try #require(Self.tools)
    let vocabulary = test.vocabulary
    let shared = TokenGrammar(try test.grammar(tools, .allowed), vocabulary.tokens)
    var random = SeededRandom(seed: 9)
    for form in test.format.callGrammars.indices {
      let header = test.format is MuseSparkFormat ? " to=f<|message|>" : ""
      let right = header + (try written(test, "get_weather", ["city": "Oslo"], form))
      let wrong = header + (try written(test, "get_wether", ["city": "Oslo"], form))
      let tokens = vocabulary.encode(right, &random)
      #expect(GrammarMatcher(shared).take(tokens) == tokens.count, "\(right)")
      let others = vocabulary.encode(wrong, &random)
      let isUnmarked = test.format.callGrammars[form].begin.isEmpty
      if !isUnmarked { #expect(GrammarMatcher(shared).take(others) < others.count, "\(wrong)") }
      let spelled = vocabulary.encode(right, &random, isPlain: true)
      if spelled != tokens, !isUnmarked || test.format is HarmonyFormat {
        #expect(GrammarMatcher(shared).take(spelled) < spelled.count, "\(right)")
      }
    }
  }
}
