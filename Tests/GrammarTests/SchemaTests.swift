import Grammar
import JSON
import Testing

/// Keyword by keyword: texts that a schema's grammar takes, and texts that it doesn't.
struct SchemaTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let schema: String
    let valid: [String]
    let invalid: [String]
    var testDescription: String { schema }
  }

  static let values: [Example] = [
    Example(
      schema: #"{"type":"integer"}"#, valid: ["0", "-12", "340"],
      invalid: ["01", "1.0", "1e2", "-", "\"1\"", "1234567890123456789"]),
    Example(
      schema: #"{"type":"integer","minimum":1e20}"#, valid: ["100000000000000000000"],
      invalid: ["1"]),
    Example(
      schema: #"{"type":"number"}"#, valid: ["0", "-1.25", "6e-3", "1E+5"],
      invalid: ["01", "1.", ".5", "NaN", "1e", "1e999"]),
    Example(
      schema: #"{"type":["boolean","null"]}"#, valid: ["true", "null"], invalid: ["0", "nul"]),
    Example(
      schema: #"{"type":"integer","minimum":-3,"maximum":12}"#,
      valid: ["-3", "0", "7", "12"], invalid: ["-4", "13", "-30", "100"]),
    Example(
      schema: #"{"type":"number","exclusiveMinimum":0.5,"maximum":20}"#,
      valid: ["0.51", "0.5001", "1", "19.99", "20", "20.00"],
      invalid: ["0.5", "0.50", "0", "-1", "20.01", "21", "100"]),
    Example(
      schema: #"{"type":"number","minimum":-1.5,"exclusiveMaximum":-0.25}"#,
      valid: ["-1.5", "-1", "-0.26", "-0.3"], invalid: ["-1.51", "-2", "-0.25", "-0.2", "0", "1"]),
    // Readers with doubles take the last of them for the bound.
    Example(
      schema: #"{"type":"number","exclusiveMaximum":0.25}"#, valid: ["0.24999999999999", "-3"],
      invalid: ["0.25", "0.2499999999999999999", "0.249999999999999999"]),
    Example(
      schema: #"{"type":"integer","minimum":9007199254740993}"#, valid: ["9007199254740993"],
      invalid: ["9007199254740992"]),
    Example(
      schema: #"{"enum":[9007199254740992,9007199254740993],"minimum":9007199254740993}"#,
      valid: ["9007199254740993"], invalid: ["9007199254740992"]),
    Example(
      schema: #"{"type":"integer","multipleOf":15}"#, valid: ["0", "15", "-45", "300"],
      invalid: ["1", "14", "16", "015"]),
    Example(
      schema: #"{"type":"integer","multipleOf":1200,"minimum":-2400}"#,
      valid: ["0", "1200", "-2400", "120000"], invalid: ["100", "200", "1201", "-3600", "00"]),
    Example(
      schema: #"{"type":"integer","multipleOf":100000,"exclusiveMinimum":0}"#,
      valid: ["100000", "1900000"], invalid: ["0", "10000", "150000"]),
    Example(
      schema: #"{"type":"number","multipleOf":0.01,"minimum":0}"#, valid: ["0", "1.5", "2.25"],
      invalid: ["2.255", "-0.01"]),
    Example(
      schema: #"{"type":"number","multipleOf":0.25}"#,
      valid: ["0", "-0.25", "1.5", "2.75", "100", "12.50"],
      invalid: ["0.2", "1.05", "2.750", "3.", "0.125", "00.5", "1.5e0", "12345678901234567.5"]),
    Example(
      schema: #"{"type":"number","multipleOf":0.3,"exclusiveMinimum":0,"maximum":12}"#,
      valid: ["0.3", "0.9", "3", "11.1", "12", "12.0"],
      invalid: ["0", "0.1", "1", "12.3", "10.1"]),
    Example(
      schema: #"{"type":"number","multipleOf":1.5}"#, valid: ["1.5", "3", "-4.5"],
      invalid: ["1", "2", "0.5", "1.50"]),
    Example(
      schema: #"{"type":"integer","multipleOf":0.5}"#, valid: ["1", "-2"], invalid: ["0.5", "1.0"]),
    Example(
      schema: #"{"type":"integer","multipleOf":2.5}"#, valid: ["5", "-10", "0"],
      invalid: ["1", "2", "2.5"]),
    Example(
      schema: #"{"type":"number","multipleOf":3.7,"minimum":3,"maximum":3.6}"#, valid: [],
      invalid: []),
    Example(
      schema: #"{"enum":[0.3,0.25,1,0.7000001,1e300],"multipleOf":0.1}"#,
      valid: ["0.3", "1", "1e+300"], invalid: ["0.25", "0.7000001"]),
    Example(
      schema: #"{"type":"number","allOf":[{"multipleOf":0.25},{"multipleOf":0.1}]}"#,
      valid: ["0.5", "-1", "2.0"], invalid: ["0.25", "0.1"]),
    Example(
      schema: #"{"enum":["a",1,null,{"b":[2]}]}"#,
      valid: ["\"a\"", "1", "null", #"{"b":[2]}"#, #"{"b": [2]}"#], invalid: ["\"b\"", "2", "{}"]),
    Example(
      schema: #"{"enum":["a","bcd",7],"type":"string","minLength":2}"#, valid: ["\"bcd\""],
      invalid: ["\"a\"", "7"]),
    Example(schema: #"{"const":"é\n"}"#, valid: [#""é\n""#], invalid: ["\"e\""]),
    Example(
      schema: #"{"anyOf":[{"type":"integer"},{"type":"string","maxLength":1}]}"#,
      valid: ["5", "\"x\"", "\"\""], invalid: ["\"xy\"", "true"]),
    Example(
      schema: #"{"type":"integer","not":{"multipleOf":2},"maximum":9}"#, valid: [], invalid: []),
    Example(
      schema: #"{"type":["string","null"],"not":{"type":"null"}}"#, valid: ["\"\""],
      invalid: ["null"]),
    Example(
      schema: #"{"not":{"enum":[[],{},1]}}"#, valid: ["[1]", #"{"a": 1}"#, "2"],
      invalid: ["[]", "{}", "1"]),
    Example(
      schema: #"{"type":"array","items":{"enum":[1,1.0,2]},"uniqueItems":true}"#,
      valid: ["[1, 2]", "[2]"], invalid: ["[1, 1.0]", "[1, 1]"]),
    Example(schema: "true", valid: ["{}", "[1, [2]]", "\"x\"", "-1"], invalid: ["{", "tru"]),
  ]

  static let strings: [Example] = [
    Example(
      schema: #"{"type":"string"}"#,
      valid: [#""""#, #""a\"b\\c\/""#, #""\u00e9\ud83d\ude00""#, "\"日本\""],
      invalid: ["\"", "\"\n\"", #""\x""#, #""\ud83d""#, #""\ude00""#, "'a'"]),
    Example(
      schema: #"{"type":"string","minLength":2,"maxLength":3}"#,
      valid: ["\"ab\"", "\"日本語\"", #""\n\u00e9""#, #""\ud83d\ude00a""#],
      invalid: ["\"a\"", "\"abcd\"", "\"\""]),
    Example(
      schema: #"{"type":"string","pattern":"^a+b?$"}"#, valid: ["\"a\"", "\"aaab\""],
      invalid: ["\"b\"", "\"abb\"", "\"xa\""]),
    Example(
      schema: #"{"type":"string","pattern":"b"}"#, valid: ["\"b\"", "\"xbx\""], invalid: ["\"a\""]),
    Example(
      schema: #"{"type":"string","pattern":"^(a|b$)"}"#, valid: ["\"axx\"", "\"b\""],
      invalid: ["\"bx\"", "\"xa\""]),
    Example(
      schema: #"{"type":"string","pattern":"^(?=.*[A-Z])(?=.*\\d)(?!.*x)\\S{4,6}$"}"#,
      valid: ["\"aB3c\"", "\"9ABCDE\""], invalid: ["\"ab3c\"", "\"aBcd\"", "\"aB3x\"", "\"aB3\""]),
    Example(
      schema: #"{"type":"string","pattern":"^\\p{Lu}\\w*\\.$","minLength":3}"#,
      valid: ["\"Éa.\"", "\"Abc.\""], invalid: ["\"ab.\"", "\"A.\""]),
    Example(
      schema: #"{"type":"string","pattern":"^\"\\\\$"}"#, valid: [#""\"\\""#], invalid: [#""\"""#]),
    Example(
      schema: #"{"type":"string","format":"date"}"#,
      valid: ["\"2024-02-29\"", "\"1999-12-31\"", "\"2000-02-29\""],
      invalid: [
        "\"2023-02-29\"", "\"1900-02-29\"", "\"2024-13-01\"", "\"2024-4-1\"", "\"0000-02-29\"",
        "\"0000-03-01\"",
      ]),
    Example(
      schema: #"{"type":"string","format":"date-time"}"#,
      valid: ["\"2024-02-29T23:59:59Z\"", "\"2024-02-28T00:00:00.5+01:30\""],
      invalid: ["\"2024-02-29 23:59:59Z\"", "\"2024-02-29T24:00:00Z\"", "\"2024-02-29T23:59:59\""]),
    Example(
      schema: #"{"type":"string","format":"uuid"}"#,
      valid: ["\"123e4567-e89b-12d3-a456-426614174000\""], invalid: ["\"123e4567\""]),
    Example(
      schema: #"{"type":"string","format":"email"}"#, valid: ["\"a.b@example.org\""],
      invalid: ["\"a@b\"", "\"@example.org\"", "\"a b@example.org\""]),
    Example(
      schema: #"{"type":"string","format":"ipv4"}"#, valid: ["\"127.0.0.1\""],
      invalid: ["\"256.0.0.1\"", "\"1.2.3\""]),
    Example(
      schema: #"{"type":"string","format":"ipv6"}"#,
      valid: ["\"::1\"", "\"fe80::1:2\"", "\"1:2:3:4:5:6:7:8\"", "\"::ffff:1.2.3.4\"", "\"1::\""],
      invalid: ["\"1::2::3\"", "\"1:2:3\"", "\"g::\"", "\"1:2:3:4:5:6:7:8:9\""]),
    Example(
      schema: #"{"type":"string","format":"uri"}"#,
      valid: ["\"https://example.org/a?b=c#d\"", "\"mailto:a@b.c\""],
      invalid: ["\"example.org\"", "\"http://a b\""]),
    Example(
      schema: #"{"type":"string","format":"duration"}"#,
      valid: ["\"P1DT2H\"", "\"PT5M\"", "\"P2W\""],
      invalid: ["\"P\"", "\"PT\"", "\"1D\""]),
  ]

  static let structures: [Example] = [
    Example(
      schema:
        #"{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"boolean"}},"required":["a"],"additionalProperties":false}"#,
      valid: [#"{"b":1,"a":true}"#, #"{"a": false}"#, "{\n  \"b\": 2,\n  \"a\": true\n}"],
      invalid: [#"{"b":1}"#, #"{"a":true,"b":1}"#, #"{"a":true,"c":1}"#, "{}", #"{"a":true,}"#]),
    Example(
      schema:
        #"{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"string"}}"#,
      valid: ["{}", #"{"a":1,"b":"x","aa":"y"}"#, #"{"b":"x"}"#],
      invalid: [#"{"a":"x"}"#, #"{"b":1}"#, #"{"b":"x","a":"y"}"#]),
    Example(
      schema: #"{"type":"object","required":["x"]}"#, valid: [#"{"x":[1],"y":{}}"#],
      invalid: ["{}", #"{"y":1}"#]),
    Example(
      schema:
        #"{"type":"object","patternProperties":{"^a":{"type":"integer"},"z$":{"maximum":5}},"additionalProperties":false}"#,
      valid: [#"{"ab":12,"az":5,"bz":"x"}"#], invalid: [#"{"az":6}"#, #"{"b":1}"#, #"{"ab":"x"}"#]),
    Example(
      schema:
        #"{"type":"object","propertyNames":{"maxLength":2},"additionalProperties":{"const":1}}"#,
      valid: [#"{"ab":1,"c":1}"#, "{}"], invalid: [#"{"abc":1}"#]),
    Example(
      schema:
        #"{"type":"object","properties":{"a":{},"b":{},"c":{}},"minProperties":2,"maxProperties":2,"additionalProperties":false}"#,
      valid: [#"{"a":1,"b":2}"#, #"{"b":1,"c":2}"#],
      invalid: [#"{"a":1}"#, #"{"a":1,"b":2,"c":3}"#, "{}"]),
    Example(
      schema: #"{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}"#,
      valid: ["[1]", "[1, 2,3]"], invalid: ["[]", "[1,2,3,4]", "[\"a\"]", "[1,]"]),
    Example(
      schema:
        #"{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":false}"#,
      valid: ["[]", "[1]", "[1,\"a\"]"], invalid: ["[\"a\"]", "[1,\"a\",2]"]),
    Example(
      schema: #"{"type":"array","items":{"enum":[1,2,3]},"uniqueItems":true,"maxItems":2}"#,
      valid: ["[]", "[3,1]"], invalid: ["[1,1]", "[1,2,3]"]),
    Example(
      schema:
        ##"{"$defs":{"node":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["next"],"additionalProperties":false}},"$ref":"#/$defs/node"}"##,
      valid: [#"{"next":{"next":{"next":null}}}"#], invalid: [#"{"next":{}}"#, #"{"next":1}"#]),
    Example(
      schema:
        #"{"allOf":[{"properties":{"a":{"minimum":3}},"required":["a"]},{"properties":{"a":{"type":"integer","maximum":5}}}],"type":"object"}"#,
      valid: [#"{"a":4}"#], invalid: [#"{"a":2}"#, #"{"a":6}"#, #"{"a":4.5}"#]),
    Example(
      schema:
        #"{"oneOf":[{"type":"object","properties":{"k":{"const":"x"},"v":{"type":"integer"}},"required":["k","v"]},{"type":"object","properties":{"k":{"const":"y"}},"required":["k"]}]}"#,
      valid: [#"{"k":"x","v":1}"#, #"{"k":"y"}"#], invalid: [#"{"k":"x"}"#, #"{"k":"z"}"#]),
    Example(
      schema:
        #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"dependentRequired":{"a":["b"]},"additionalProperties":false}"#,
      valid: ["{}", #"{"b":1}"#, #"{"a":1,"b":2}"#], invalid: [#"{"a":1}"#]),
    Example(
      schema:
        #"{"type":"object","properties":{"kind":{"type":"string"},"size":{"type":"integer"}},"if":{"properties":{"kind":{"const":"box"}},"required":["kind"]},"then":{"required":["size"]}}"#,
      valid: [#"{"kind":"box","size":1}"#, #"{"kind":"bag"}"#, "{}"], invalid: [#"{"kind":"box"}"#]),
    Example(
      schema:
        #"{"type":"object","properties":{"a":{"type":"integer"}},"unevaluatedProperties":false,"allOf":[{"properties":{"b":{"type":"null"}}}]}"#,
      valid: [#"{"a":1,"b":null}"#], invalid: [#"{"c":1}"#]),
  ]

  static let unevaluated: [Example] = [
    Example(
      schema: #"{"type":"object","required":["a"],"unevaluatedProperties":{"type":"string"}}"#,
      valid: [#"{"a":"x"}"#], invalid: [#"{"a":1}"#, "{}"]),
    Example(
      schema:
        #"{"type":"object","properties":{"b":{}},"not":{"properties":{"a":{"type":"string"}},"required":["a"]},"unevaluatedProperties":false}"#,
      valid: ["{}", #"{"b":1}"#], invalid: [#"{"a":1}"#]),
    Example(
      schema:
        #"{"type":"object","if":{"properties":{"k":{"const":"a"}},"required":["k"]},"then":{"properties":{"x":{"type":"integer"}}},"else":{"properties":{"y":{"type":"integer"}}},"unevaluatedProperties":false}"#,
      valid: [#"{"k":"a","x":1}"#, #"{"y":1}"#], invalid: [#"{"k":"b","y":1}"#, #"{"x":1}"#]),
    Example(
      schema:
        #"{"type":"object","properties":{"a":{}},"dependentRequired":{"a":["b"]},"unevaluatedProperties":false}"#,
      valid: ["{}"], invalid: [#"{"a":1,"b":2}"#, #"{"a":1}"#]),
    Example(
      schema:
        ##"{"$defs":{"base":{"properties":{"id":{"type":"integer"}},"required":["id"]}},"type":"object","allOf":[{"$ref":"#/$defs/base"}],"properties":{"n":{"type":"string"}},"unevaluatedProperties":false}"##,
      valid: [#"{"n":"x","id":1}"#, #"{"id":1}"#], invalid: [#"{"id":1,"z":1}"#]),
    // A schema beside it isn't its own.
    Example(
      schema:
        #"{"type":"object","allOf":[{"properties":{"a":{}},"unevaluatedProperties":false},{"properties":{"b":{}}}]}"#,
      valid: [], invalid: []),
    Example(
      schema: #"{"oneOf":[{"type":"number","minimum":1e20},{"type":"integer"}]}"#, valid: [],
      invalid: []),
    Example(
      schema:
        #"{"oneOf":[{"type":"number","exclusiveMinimum":0,"maximum":1e-21},{"type":"number","maximum":1e-20}]}"#,
      valid: [], invalid: []),
  ]

  @Test(
    arguments: values + strings + structures + unevaluated + ClientSchemas.formats
      + ReferenceSchemas.all)
  func `a grammar takes what its schema accepts, and nothing else`(_ example: Example) throws {
    let schema = try JSON(parsing: example.schema)
    guard !example.valid.isEmpty else {
      #expect(throws: GrammarError.self) { try Grammar.jsonSchema(schema) }
      return
    }
    let grammar = try Grammar.jsonSchema(schema)
    for text in example.valid { #expect(takes(grammar, text), "\(text)") }
    for text in example.invalid { #expect(!takes(grammar, text), "\(text)") }
  }

  @Test(arguments: [
    (#"{"type":"object","properties":{"a":{"unevaluatedItems":false}}}"#, "unevaluatedItems"),
    (#"{"type":"array","contains":{"type":"integer"}}"#, "contains"),
    (#"{"type":"array","uniqueItems":true}"#, "uniqueItems"),
    (#"{"oneOf":[{"type":"string"},{"maxLength":3}]}"#, "oneOf"),
    (#"{"type":"string","format":"regex"}"#, "format"),
    (#"{"type":"string","pattern":"(a)\\1"}"#, "pattern"),
    (#"{"type":"number","multipleOf":0.1001}"#, "multipleOf"),
    (#"{"type":"number","multipleOf":1e-19}"#, "multipleOf"),
    (#"{"type":"number","multipleOf":-0.5}"#, "multipleOf"),
    (#"{"type":"string","pattern":"\\U0001F600"}"#, "pattern"),
    (##"{"$dynamicRef":"#x"}"##, "$dynamicRef"),
    (#"{"$ref":"https://example.org/schema.json"}"#, "$ref"),
    (#"{"type":"object","minProperties":3}"#, "minProperties"),
    (#"{"not":{"const":[1]}}"#, "not"),
  ])
  func `a keyword that can't be enforced is refused by name`(
    _ schema: String, _ keyword: String
  ) throws {
    let schema = try JSON(parsing: schema)
    let error = #expect(throws: GrammarError.self) { try Grammar.jsonSchema(schema) }
    guard case .unsupported(let name, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(name == keyword)
  }

  @Test func `the path of a refused keyword is given`() throws {
    let schema = try JSON(
      parsing: #"{"properties":{"a/b":{"items":{"type":"array","uniqueItems":true}}}}"#)
    let error = #expect(throws: GrammarError.self) { try Grammar.jsonSchema(schema) }
    #expect(error?.description.contains("/properties/a~1b/items") ?? false)
  }

  @Test func `closed objects take only what they declare`() throws {
    var options = SchemaOptions()
    options.closesObjects = true
    options.whitespace = .spaced
    let schema: JSON = ["type": "object", "properties": ["a": ["type": "integer"]]]
    let grammar = try Grammar.jsonSchema(schema, options: options)
    #expect(takes(grammar, #"{"a": 1}"#))
    #expect(!takes(grammar, #"{"a":1}"#))
    #expect(!takes(grammar, #"{"b": 1}"#))
  }

  @Test func `excluded texts stand in no string and no key`() throws {
    var options = SchemaOptions()
    options.excludedTexts = ["</call>"]
    let grammar = try Grammar.jsonSchema(["type": "object"], options: options)
    #expect(takes(grammar, #"{"a":"</cal>"}"#))
    #expect(takes(grammar, #"{"a":"<\/call>"}"#))
    #expect(!takes(grammar, #"{"a":"x</call>"}"#))
    #expect(!takes(grammar, #"{"</call>":1}"#))
  }
}
