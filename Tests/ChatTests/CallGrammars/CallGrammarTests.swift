import Grammar
import JSON
import TestSupport
import Testing

@testable import Chat

/// A format, with its markers as tokens or as text.
struct FormatCase: CustomTestStringConvertible {
  let format: any ToolFormat
  let hasMarkers: Bool

  var testDescription: String { format.name + (hasMarkers ? "" : ", spelled") }

  static let all = toolFormats.flatMap { format in
    [true, false].map { FormatCase(format: format, hasMarkers: $0) }
  }

  var vocabulary: FormatVocabulary { .shared(format, hasMarkers: hasMarkers) }

  /// The beginning of an answer that the template writes.
  var begun: String { format.headerOpening ?? "" }

  func grammar(
    _ tools: [JSON], _ calls: AnswerRules.Calls, strict: Bool = true, several: Bool = true
  ) throws -> Grammar {
    var rules = AnswerRules()
    rules.tools = tools
    rules.calls = calls
    rules.allowsSeveralCalls = several
    if strict { rules.strict = Set(tools.compactMap { $0["function"]?["name"]?.string }) }
    let writer = try AnswerWriter(format: format, reasoning: nil, rules: rules, begun: begun)
    return try #require(try writer.grammar())
  }

  /// What the format's own parser finds in an answer.
  func calls(_ text: String, _ tools: [JSON]) -> Calls {
    var parser = OutputParser(toolFormat: format, reasoning: nil, tools: tools, prompt: begun)
    return Calls(parser.append(text) + parser.finish(.stop))
  }
}

/// What a grammar allows is what the format's parser reads, and nothing else.
struct CallGrammarTests {
  @Test(arguments: toolFormats.map(\.name))
  func `every format says how its calls look`(_ name: String) throws {
    let format = try #require(toolFormats.first { $0.name == name })
    #expect(!format.callGrammars.isEmpty)
  }

  @Test(arguments: FormatCase.all)
  func `whatever the grammar allows is a call that satisfies its schema`(_ test: FormatCase) throws
  {
    let tools = CallableTools.all
    let grammar = try test.grammar(tools, .required)
    let answers = RandomAnswer(grammar, test.vocabulary, test.format)
    var random = SeededRandom(seed: 11)
    var finished = 0
    for _ in 0..<(test.hasMarkers ? 16 : 8) {
      guard let tokens = answers.draw(&random) else { continue }
      finished += 1
      let text = answers.vocabulary.text(tokens)
      let found = test.calls(text, tools)
      #expect(found.rejected.isEmpty, "\(text.debugDescription) \(found.reasons)")
      #expect(!found.names.isEmpty, "\(text.debugDescription)")
      for (name, arguments) in zip(found.names, found.arguments) {
        let schema = try #require(CallableTools.schema(name), "\(name)")
        let isValid = SchemaChecker(root: schema).accepts(arguments, schema)
        #expect(isValid, "\(arguments.text()) in \(text.debugDescription)")
        let order = schema["properties"]?.object?.keys ?? []
        let keys = arguments.object?.keys ?? []
        if !order.isEmpty { #expect(keys == order.filter(keys.contains), "\(keys)") }
      }
    }
    #expect(finished > (test.hasMarkers ? 5 : 2))
  }

  @Test(arguments: FormatCase.all.filter(\.hasMarkers))
  func `a call may end anywhere`(_ test: FormatCase) throws {
    let tools = CallableTools.all
    let grammar = try test.grammar(tools, .required)
    let answers = RandomAnswer(grammar, test.vocabulary, test.format)
    var random = SeededRandom(seed: 3)
    var finished = 0
    for _ in 0..<12 where finished < 3 {
      guard let tokens = answers.draw(&random) else { continue }
      let text = answers.vocabulary.text(tokens)
      guard text.unicodeScalars.count < 300 else { continue }
      finished += 1
      let whole = test.calls(text, tools)
      for end in text.unicodeScalars.indices {
        let found = test.calls(String(text[..<end]), tools)
        let details = "\(text[..<end].debugDescription): \(found)"
        #expect(found.names.count <= whole.names.count, "\(details)")
      }
    }
    #expect(finished > 0)
  }

  @Test(arguments: FormatCase.all.filter(\.hasMarkers))
  func `without parallel calls only one comes`(_ test: FormatCase) throws {
    let tools = [CallableTools.all[0], CallableTools.all[4]]
    let grammar = try test.grammar(tools, .required, several: false)
    let answers = RandomAnswer(grammar, test.vocabulary, test.format)
    var random = SeededRandom(seed: 5)
    for _ in 0..<6 {
      guard let tokens = answers.draw(&random) else { continue }
      let found = test.calls(answers.vocabulary.text(tokens), tools)
      #expect(found.names.count == 1)
    }
  }
}

/// Tools whose schemas hold something of everything.
enum CallableTools {
  static func schema(_ name: String) -> JSON? {
    all.first { $0["function"]?["name"]?.string == name }?["function"]?["parameters"]
  }

  static func tool(_ name: String, _ parameters: String) throws -> JSON {
    [
      "type": "function",
      "function": ["name": .string(name), "parameters": try JSON(parsing: parameters)],
    ]
  }

  static let all: [JSON] = schemas.compactMap { try? tool($0.name, $0.schema) }

  private static let schemas: [(name: String, schema: String)] = [
    (
      "get_weather",
      #"{"type":"object","properties":{"city":{"type":"string"},"unit":{"type":"string","enum":["celsius","fahrenheit"]},"days":{"type":"integer","minimum":0,"maximum":14}},"required":["city"]}"#
    ),
    (
      "book",
      #"{"type":"object","properties":{"date":{"type":"string","pattern":"^20[0-9]{2}-[01][0-9]$"},"guests":{"type":"integer"},"tags":{"type":"array","items":{"type":"string","maxLength":6},"maxItems":3},"note":{"type":["string","null"]},"price":{"type":"number"},"vip":{"type":"boolean"}},"required":["date","guests"],"additionalProperties":false}"#
    ),
    (
      "tree",
      ##"{"type":"object","properties":{"root":{"$ref":"#/$defs/node"}},"required":["root"],"$defs":{"node":{"type":"object","properties":{"name":{"type":"string","pattern":"^[a-z]{1,8}$"},"children":{"type":"array","items":{"$ref":"#/$defs/node"},"maxItems":2}},"required":["name"],"additionalProperties":false}}}"##
    ),
    (
      "mixed",
      #"{"type":"object","properties":{"value":{"anyOf":[{"type":"integer","minimum":10},{"type":"string","minLength":1,"maxLength":6},{"type":"null"}]},"mode":{"const":"fast"},"code":{"enum":[1,"one",true,null]},"options":{"type":"object","properties":{"exact":{"type":"boolean"},"level":{"type":"integer"}},"required":["exact"],"additionalProperties":false},"map":{"type":"object","additionalProperties":{"type":"integer"}},"pair":{"const":["a",{"b":2}]}},"required":["value","mode"]}"#
    ),
    ("now", #"{"type":"object","properties":{}}"#),
    ("anything", #"{"type":"object"}"#),
  ]
}
