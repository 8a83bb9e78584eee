import JSON

/// Schemas as tools and answers have them.
let benchmarkSchemas: [JSON] = [
  #"{"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["celsius","fahrenheit"]},"days":{"type":"integer","minimum":1,"maximum":14}},"required":["city"],"additionalProperties":false}"#,
  #"{"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":200},"limit":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"},"maxItems":10},"exact":{"type":"boolean"}},"required":["query","limit"]}"#,
  #"{"type":"array","items":{"type":"object","properties":{"id":{"type":"integer"},"name":{"type":"string"},"price":{"type":"number","minimum":0},"created":{"type":"string","format":"date-time"}},"required":["id","name","price","created"],"additionalProperties":false},"minItems":1}"#,
  ##"{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"label":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["label","children"],"additionalProperties":false}}}"##,
  #"{"anyOf":[{"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"number"}},"required":["kind","radius"],"additionalProperties":false},{"type":"object","properties":{"kind":{"const":"box"},"width":{"type":"number"},"height":{"type":"number"}},"required":["kind","width","height"],"additionalProperties":false}]}"#,
  #"{"type":"object","properties":{"email":{"type":"string","format":"email"},"code":{"type":"string","pattern":"^[A-Z]{3}-[0-9]{4}$"},"level":{"type":["integer","null"]}},"required":["email","code","level"],"additionalProperties":false}"#,
  #"{"type":"object","additionalProperties":{"type":"string"}}"#,
  #"{"type":"object"}"#,
].compactMap { try? JSON(parsing: $0) }

private let sentences = [
  "The quick brown fox jumps over the lazy dog", "Zürich", "a \"quoted\" word\n", "東京 and back",
  "https://example.org/a?b=c", "x", "naïve café — 100 %",
  "for (i = 0; i < n; i++) { sum += a[i]; }",
]

/// A value that a schema of this file accepts.
func instance(
  of schema: JSON, root: JSON, _ random: inout some RandomNumberGenerator, depth: Int = 0
)
  -> JSON
{
  if schema["$ref"] != nil {
    return instance(of: root["$defs"]?["node"] ?? true, root: root, &random, depth: depth + 1)
  }
  if let choices = schema["anyOf"]?.array ?? schema["enum"]?.array {
    let choice = choices.randomElement(using: &random) ?? .null
    return schema["enum"] == nil ? instance(of: choice, root: root, &random) : choice
  }
  if let constant = schema["const"] { return constant }
  switch schema["type"]?.string ?? schema["type"]?.array?.first?.string {
  case "integer": return .integer(Int.random(in: 1...14, using: &random))
  case "number": return .number(Double(Int.random(in: 1...99_999, using: &random)) / 100)
  case "boolean": return .bool(Bool.random(using: &random))
  case "string": return .string(text(of: schema, &random))
  case "array":
    let count = depth > 2 ? 0 : Int.random(in: 1...3, using: &random)
    return .array(
      (0..<count).map { _ in
        instance(of: schema["items"] ?? true, root: root, &random, depth: depth + 1)
      })
  default:
    var members = (schema["properties"]?.object ?? JSONObject()).map { key, value in
      (key: key, value: instance(of: value, root: root, &random, depth: depth + 1))
    }
    if members.isEmpty {
      members = ["first", "second key"].map {
        (key: $0, value: JSON.string(text(of: [:], &random)))
      }
    }
    return .object(JSONObject(members))
  }
}

private func text(of schema: JSON, _ random: inout some RandomNumberGenerator) -> String {
  if schema["pattern"] != nil { return "ABC-1234" }
  switch schema["format"]?.string {
  case "email": return "someone@example.org"
  case "date-time": return "2024-02-29T12:34:56Z"
  default: return sentences.randomElement(using: &random) ?? ""
  }
}
