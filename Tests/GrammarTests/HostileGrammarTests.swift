import Grammar
import JSON
import TestSupport
import Testing

/// Input made to exhaust time or memory ends in an error, or in a grammar that works.
struct HostileGrammarTests {
  @Test func `a schema that is nested too deeply is refused`() throws {
    var schema: JSON = ["type": "integer"]
    for _ in 0..<200 { schema = ["type": "array", "items": schema] }
    #expect(throws: GrammarError.self) { try Grammar.jsonSchema(schema) }
  }

  @Test func `alternatives that multiply are refused`() throws {
    let choice: JSON = ["anyOf": [["minLength": 1], ["pattern": "a"], ["maxLength": 9]]]
    let schema: JSON = ["allOf": .array(Array(repeating: choice, count: 30))]
    var limits = GrammarLimits()
    limits.expressions = 20_000
    limits.nodes = 5_000
    #expect(throws: GrammarError.self) { try Grammar.jsonSchema(schema, limits: limits) }
  }

  @Test func `a schema that only refers to itself is refused`() throws {
    #expect(throws: GrammarError.self) { try Grammar.jsonSchema(["$ref": "#"]) }
    #expect(throws: GrammarError.self) {
      try Grammar.jsonSchema([
        "type": "object", "required": ["a"], "properties": ["a": ["$ref": "#"]],
      ])
    }
  }

  @Test func `a bound of a million costs nothing until it is reached`() throws {
    let grammar = try Grammar.jsonSchema([
      "type": "string", "minLength": 3, "maxLength": 1_000_000,
    ])
    #expect(takes(grammar, "\"abcd\""))
    #expect(!takes(grammar, "\"ab\""))
  }

  @Test func `patterns whose automaton explodes stay bounded`() throws {
    var limits = GrammarLimits()
    limits.expressions = 5_000
    let grammar = try Grammar.regex("(a|b)*a(a|b){400}c", limits: limits)
    let matcher = GrammarMatcher(grammar)
    // Every text ends in a refusal or goes on; it never hangs.
    var random = SeededRandom(seed: 1)
    for _ in 0..<600 {
      let byte: UInt8 = Bool.random(using: &random) ? 97 : 98
      if !matcher.accept(Int32(byte)) { break }
    }
    #expect(!matcher.accept(text: "d"))
  }

  @Test(arguments: [
    #"{"const":-9223372036854775808,"multipleOf":-1}"#,
    #"{"enum":[4,-9223372036854775808],"multipleOf":-1}"#,
    #"{"not":{"maxLength":9223372036854775807},"type":"string"}"#,
    #"{"not":{"minItems":-9223372036854775808}}"#,
    #"{"if":{"maxProperties":9223372036854775807},"then":{"type":"null"}}"#,
    #"{"type":"array","minItems":9223372036854775807,"maxItems":9223372036854775807}"#,
    #"{"type":"integer","multipleOf":9223372036854775807}"#,
    #"{"type":"integer","multipleOf":9223372036854775800}"#,
    #"{"type":"integer","not":{"const":-9223372036854775808}}"#,
  ])
  func `the largest and smallest integers end no process`(_ text: String) throws {
    let schema = try JSON(parsing: text)
    if let grammar = try? Grammar.jsonSchema(schema) {
      #expect(!takes(grammar, "[}"))
    }
  }

  @Test func `what takes too long to be compiled is refused`() throws {
    var limits = GrammarLimits()
    limits.work = 20_000
    let keys: [(key: String, value: JSON)] = (0..<12).map { ("a\($0)", [.string("b\($0)")]) }
    let schema: JSON = ["type": "object", "dependentRequired": .object(JSONObject(keys))]
    let error = #expect(throws: GrammarError.self) {
      try Grammar.jsonSchema(schema, limits: limits)
    }
    #expect(error?.description.contains("too long") == true)
  }

  @Test func `what takes too long to follow fails for good and says so`() throws {
    var limits = GrammarLimits()
    limits.followingWork = 10_000
    limits.workPerToken = 100
    let ahead = "abcdefghijkl".map { "(?=.*\($0))" }.joined()
    let matcher = GrammarMatcher(try Grammar.regex("\(ahead).*", limits: limits))
    #expect(matcher.failure == nil)
    var tokens = 0
    while let allowed = matcher.allowed(TestVocabulary.synthetic.count), tokens < 1000,
      let token = allowed.min(), matcher.accept(token)
    {
      tokens += 1
    }
    #expect(tokens < 1000)
    #expect(matcher.failure != nil)
    #expect(matcher.allowed(TestVocabulary.synthetic.count)?.isEmpty == true)
  }

  /// Whatever the amount of work after which following is given up: half looked through, a choice
  /// may seem to have one way only.
  @Test func `nothing is forced that need not come, also where following is given up`() throws {
    let pattern = "x(?:\("ABCDEFGH".map { "\($0)bcdef" }.joined(separator: "|")))"
    var failures = 0
    for work in 1..<300 {
      var limits = GrammarLimits()
      (limits.followingWork, limits.workPerToken) = (work, 0)
      let grammar = TokenGrammar(try .regex(pattern, limits: limits), TestVocabulary.synthetic)
      // What is behind one of the ways is known from another answer.
      guard GrammarMatcher(grammar).accept(text: "xAbcdef") else { continue }
      let matcher = GrammarMatcher(grammar)
      guard matcher.accept(text: "x") else { continue }
      #expect(matcher.forcedTokens().isEmpty, "\(work)")
      failures += matcher.failure == nil ? 0 : 1
    }
    #expect(failures > 0)
  }

  @Test func `a text that is easy to follow goes on for as long as it likes`() throws {
    var limits = GrammarLimits()
    limits.followingWork = 20_000
    limits.workPerToken = 100
    let matcher = GrammarMatcher(
      try Grammar.jsonSchema(["type": "array", "items": ["type": "integer"]], limits: limits))
    #expect(matcher.accept(text: "[1"))
    for _ in 0..<3000 { #expect(matcher.accept(text: ",12")) }
    #expect(matcher.failure == nil)
  }

  /// Alternatives of different words that begin alike, and look-aheads that can't come true any
  /// more, are seen through without trying all that follows.
  @Test(arguments: [
    #"^(?!.*ax)(?!.*bx)(?!.*cx)(?!.*dx)(?!.*ex)(?!.*fx)(?!.*gx)(?!.*hx).*$"#,
    (0..<2000).map { "word\($0)" }.joined(separator: "|"),
  ])
  func `patterns that look hard and aren't stay within their limits`(_ pattern: String) throws {
    let grammar = try Grammar.jsonSchema(["type": "string", "pattern": .string(pattern)])
    let matcher = GrammarMatcher(grammar)
    #expect(matcher.accept(text: "\"word1"))
    #expect(matcher.allowed(TestVocabulary.synthetic.count)?.isEmpty == false)
    #expect(matcher.failure == nil)
  }

  @Test(arguments: [
    "(", "a)", "[b-a]", "*", "a{3,1}", "(?<=a)b", "\\1", "\\b", "[", "a**)", "\\p{X}",
  ])
  func `a malformed pattern is refused`(_ pattern: String) {
    #expect(throws: GrammarError.self) { try Grammar.regex(pattern) }
  }

  @Test func `patterns with many nested groups end in an error`() {
    let pattern = String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000)
    #expect(throws: GrammarError.self) { try Grammar.regex(pattern) }
  }

  @Test func `unsatisfiable schemas are refused rather than started`() {
    for schema: JSON in [
      false, ["type": "integer", "minimum": 5, "maximum": 4], ["enum": []],
      ["type": "string", "pattern": "^a$", "minLength": 2],
      ["type": "object", "required": ["a"], "properties": ["a": false]],
    ] {
      #expect(throws: GrammarError.self) { try Grammar.jsonSchema(schema) }
    }
  }

  @Test(arguments: [
    "12", "\"x\"", "[]", "{\"type\": 3}", "{\"properties\": []}", "{\"type\": \"text\"}",
    "{\"required\": [1]}", "{\"required\": \"a\"}", "{\"dependentRequired\": {\"a\": [null]}}",
    "{\"dependentRequired\": {\"a\": \"b\"}}",
  ])
  func `what is no schema is refused`(_ text: String) throws {
    let schema = try JSON(parsing: text)
    #expect(throws: GrammarError.self) { try Grammar.jsonSchema(schema) }
  }
}
