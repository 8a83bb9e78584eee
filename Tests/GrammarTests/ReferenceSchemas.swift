/// References inside schemas that have an `$id` of their own, and by `$id` and `$anchor`.
enum ReferenceSchemas {
  static let all: [SchemaTests.Example] = [
    SchemaTests.Example(
      schema:
        ##"{"$defs":{"x":{"type":"integer"},"inner":{"$id":"inner","$defs":{"x":{"type":"string"}},"type":"array","items":{"$ref":"#/$defs/x"}}},"type":"object","properties":{"a":{"$ref":"inner"},"b":{"$ref":"#/$defs/x"},"c":{"$ref":"#/$defs/inner/$defs/x"},"d":{"$ref":"inner#/$defs/x"}},"additionalProperties":false}"##,
      valid: [#"{"a":["s"],"b":1,"c":"s","d":"s"}"#], invalid: [#"{"a":[1]}"#, #"{"b":"s"}"#]),
    // A whole schema inside another one, which refers to itself.
    SchemaTests.Example(
      schema:
        ##"{"type":"array","items":{"$id":"https://example.org/node","type":"object","properties":{"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["next"],"additionalProperties":false}}"##,
      valid: [#"[{"next":{"next":null}}]"#],
      invalid: [#"[{"next":[]}]"#, #"[{"next":[{"next":null}]}]"#]),
    SchemaTests.Example(
      schema:
        ##"{"$id":"https://example.org/a/root.json","$defs":{"p":{"$id":"part.json","$anchor":"here","$defs":{"q":{"$anchor":"q","type":"boolean"}},"$ref":"#q"},"q":{"$anchor":"q","type":"null"}},"type":"object","properties":{"a":{"$ref":"part.json"},"b":{"$ref":"/a/part.json#q"},"c":{"$ref":"#q"},"d":{"$ref":"https://example.org/a/part.json#here"},"e":{"$ref":"https://example.org/a/root.json#/$defs/q"}},"additionalProperties":false}"##,
      valid: [#"{"a":true,"b":false,"c":null,"d":true,"e":null}"#],
      invalid: [#"{"a":null}"#, #"{"b":null}"#, #"{"c":true}"#, #"{"d":null}"#, #"{"e":true}"#]),
    // Negated, and told apart: what is made of a schema keeps its references.
    SchemaTests.Example(
      schema:
        ##"{"$defs":{"x":{"type":"string"},"in%ner/":{"$id":"inner","$defs":{"x":{"type":"integer"}},"not":{"not":{"$ref":"#/$defs/x"}}}},"not":{"not":{"$ref":"inner"}}}"##,
      valid: ["1"], invalid: ["\"a\"", "null"]),
    // Values and names of properties are no references.
    SchemaTests.Example(
      schema:
        ##"{"type":"object","properties":{"$ref":{"$id":"i","const":{"$ref":"#"}},"$id":{"type":"null"}},"additionalProperties":false}"##,
      valid: [##"{"$ref":{"$ref":"#"},"$id":null}"##],
      invalid: [##"{"$ref":{"$ref":"#/properties/$ref"}}"##]),
    // One that only the schema around it has.
    SchemaTests.Example(
      schema:
        ##"{"$defs":{"x":{"type":"integer"}},"type":"array","items":{"$id":"inner","$ref":"#/$defs/x"}}"##,
      valid: [], invalid: []),
    SchemaTests.Example(
      schema:
        ##"{"$defs":{"x":{"$anchor":"x"}},"type":"array","items":{"$id":"inner","$ref":"#x"}}"##,
      valid: [], invalid: []),
  ]
}
