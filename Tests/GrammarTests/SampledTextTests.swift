import Foundation
import JSON
import TestSupport
import Testing

@testable import Grammar

/// Whatever a model says under a mask satisfies the schema: texts drawn at random are checked
/// against a plain checker.
struct SampledTextTests {
  static let schemas: [String] = [
    #"{"type":"object","properties":{"name":{"type":"string","maxLength":8},"age":{"type":"integer","minimum":0,"maximum":150}},"required":["name"],"additionalProperties":false}"#,
    #"{"type":"array","items":{"type":"number","minimum":-2.5,"exclusiveMaximum":17.25},"minItems":1,"maxItems":4}"#,
    #"{"anyOf":[{"type":"string","pattern":"^[a-c]{2,5}$"},{"type":"integer","multipleOf":7},{"type":"null"}]}"#,
    ##"{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","properties":{"value":{"type":"integer"},"children":{"type":"array","items":{"$ref":"#/$defs/tree"},"maxItems":2}},"required":["value"],"additionalProperties":false}}}"##,
    #"{"type":"object","properties":{"kind":{"enum":["a","b",3,null,[1,2]]},"flag":{"type":"boolean"}},"additionalProperties":{"type":"integer"},"maxProperties":3}"#,
    #"{"oneOf":[{"type":"object","properties":{"type":{"const":"cat"},"lives":{"type":"integer","exclusiveMinimum":0}},"required":["type","lives"]},{"type":"object","properties":{"type":{"const":"dog"},"name":{"type":"string"}},"required":["type"]}]}"#,
    #"{"allOf":[{"type":"object","properties":{"a":{"type":"string","minLength":2}},"required":["a"]},{"properties":{"a":{"maxLength":4},"b":{"type":"boolean"}},"additionalProperties":{"type":"null"}}]}"#,
    #"{"type":"object","patternProperties":{"^n_":{"type":"integer"},"_s$":{"type":["string","integer"]}},"additionalProperties":false}"#,
    #"{"type":"array","prefixItems":[{"type":"string"},{"type":"boolean"}],"items":{"type":"null"},"minItems":1}"#,
    #"{"type":"array","items":{"enum":["x","y","z"]},"uniqueItems":true,"minItems":2}"#,
    #"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"if":{"properties":{"a":{"const":"x"}},"required":["a"]},"then":{"required":["b"]},"additionalProperties":false}"#,
    #"{"type":"string","not":{"enum":["a","b",""]},"maxLength":3}"#,
    #"{"type":"object","propertyNames":{"pattern":"^[a-z]{1,3}$"},"additionalProperties":{"type":"number"},"minProperties":1}"#,
    #"{"type":"array","items":{"type":"number","multipleOf":0.25,"minimum":-3,"maximum":40},"minItems":2}"#,
    #"{"type":"number","multipleOf":0.625,"exclusiveMaximum":100}"#,
    #"{}"#,
    #"{"type":["integer","string","object"]}"#,
  ]

  @Test(arguments: schemas) func `every completed text satisfies its schema`(_ text: String) throws
  {
    let schema = try JSON(parsing: text)
    let grammar = TokenGrammar(try Grammar.jsonSchema(schema), TestVocabulary.synthetic)
    var random = SeededRandom(seed: UInt64(text.utf8.count))
    var completed = 0
    for _ in 0..<12 {
      guard let sample = sample(grammar, &random, limit: 120) else { continue }
      completed += 1
      let value = try JSON(parsing: sample)
      #expect(SchemaChecker(root: schema).accepts(value, schema), "\(sample)")
    }
    #expect(completed > 2)
  }

  /// A text drawn token by token; nil where it didn't end in time.
  private func sample(
    _ grammar: TokenGrammar, _ random: inout SeededRandom, limit: Int
  ) -> [UInt8]? {
    let matcher = GrammarMatcher(grammar)
    let vocabulary = grammar.vocabulary
    var bytes: [UInt8] = []
    for step in 0..<limit {
      guard let allowed = matcher.allowed(vocabulary.count), !allowed.isEmpty else { return nil }
      if allowed.contains(256), step > 2 || allowed.count == 1 { return bytes }
      var tokens = allowed.subtracting([256]).sorted()
      // Late in the text, what closes something is preferred.
      let closing = tokens.filter {
        vocabulary.texts[Int($0)].contains { "\"}]".utf8.contains($0) }
      }
      if step > 40, !closing.isEmpty { tokens = closing }
      guard let token = tokens.randomElement(using: &random) else { return nil }
      // The mask and `accept` must agree on tokens that aren't allowed, too.
      let other = Int32.random(in: 0..<Int32(vocabulary.count), using: &random)
      if !allowed.contains(other) { #expect(!matcher.accept(other)) }
      #expect(matcher.accept(token))
      bytes += vocabulary.texts[Int(token)]
    }
    return nil
  }

  @Test(arguments: schemas) func `the mask holds exactly the tokens that are accepted`(
    _ text: String
  ) throws {
    let grammar = TokenGrammar(
      try Grammar.jsonSchema(try JSON(parsing: text)), TestVocabulary.synthetic)
    let vocabulary = grammar.vocabulary
    var random = SeededRandom(seed: 7)
    let matcher = GrammarMatcher(grammar)
    for _ in 0..<8 {
      guard let allowed = matcher.allowed(vocabulary.count) else { return }
      for token in 0..<Int32(vocabulary.count) {
        let isAccepted = matcher.accept(token)
        #expect(isAccepted == allowed.contains(token), "\(token)")
        if isAccepted { matcher.rollback(1) }
      }
      guard let token = allowed.subtracting([256]).sorted().randomElement(using: &random) else {
        return
      }
      #expect(matcher.accept(token))
    }
  }

  @Test func `an instance is accepted however it is cut into tokens`() throws {
    let schema = try JSON(
      parsing: #"{"type":"object","properties":{"name":{"type":"string"},"list":{"type":"array"}}}"#
    )
    let grammar = TokenGrammar(try Grammar.jsonSchema(schema), TestVocabulary.synthetic)
    let texts = [
      #"{"name": "hello world", "list": [1, 2.5, {"name": null}, [true, "é日本\n"]]}"#,
      #"{"name":"a\u00e9\"","list":[],"more":{"na":12}}"#,
      "{\n  \"name\": \"abc\",\n  \"list\": [\n    123\n  ]\n}",
    ]
    var random = SeededRandom(seed: 3)
    for text in texts {
      for _ in 0..<8 {
        let matcher = GrammarMatcher(grammar)
        for token in cut(Array(text.utf8), grammar.vocabulary, &random) {
          #expect(matcher.accept(token), "\(text)")
        }
        #expect(matcher.isComplete)
      }
    }
  }

  /// Some tokens that spell a text, drawn at random.
  private func cut(
    _ text: [UInt8], _ vocabulary: TokenVocabulary, _ random: inout SeededRandom
  ) -> [Int32] {
    var result: [Int32] = []
    var rest = text[...]
    while !rest.isEmpty {
      let fitting = (0..<Int32(vocabulary.count)).filter { token in
        let bytes = vocabulary.texts[Int(token)]
        return !bytes.isEmpty && rest.starts(with: bytes)
      }
      guard let token = fitting.randomElement(using: &random) else { return result }
      result.append(token)
      rest = rest.dropFirst(vocabulary.texts[Int(token)].count)
    }
    return result
  }
}
