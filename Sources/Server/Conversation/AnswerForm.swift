import Chat
import JSON

/// The form that a request gives its answer, and the field that asks for it.
struct AnswerForm: Sendable {
  var form: AnswerRules.Form
  var path: String
}

extension AnswerForm {
  /// Reads the fields by which OpenAI, vLLM and llama.cpp give answers a form; one of them at most.
  static func read(_ fields: Fields) throws(APIError) -> AnswerForm? {
    var found: [AnswerForm] = []
    if let form = try responseFormat(fields["response_format"]) { found.append(form) }
    for (name, kind) in extensions {
      if let form = try read(fields[name], as: kind) { found.append(form) }
    }
    if let outputs = try fields["structured_outputs"].object() {
      try outputs.refuseUnknown(known: structuredOutputs.map(\.name))
      for (name, kind) in structuredOutputs {
        if let form = try read(outputs[name], as: kind) { found.append(form) }
      }
    }
    if found.count > 1 {
      throw .invalid(found[1].path, "'\(found[1].path)' contradicts '\(found[0].path)'; send one.")
    }
    return found.first
  }

  private enum Kind {
    case schema, regex, choice, grammar, anyObject
  }

  private static let extensions: [(name: String, kind: Kind)] = [
    ("json_schema", .schema), ("guided_json", .schema), ("guided_regex", .regex),
    ("guided_choice", .choice), ("guided_grammar", .grammar), ("grammar", .grammar),
  ]

  private static let structuredOutputs: [(name: String, kind: Kind)] = [
    ("json", .schema), ("regex", .regex), ("choice", .choice), ("grammar", .grammar),
    ("json_object", .anyObject),
  ]

  private static let anyObject = AnswerRules.Form.jsonSchema(["type": "object"])

  private static func read(_ field: Field, as kind: Kind) throws(APIError) -> AnswerForm? {
    guard field.isPresent else { return nil }
    let form: AnswerRules.Form
    switch kind {
    case .schema: form = .jsonSchema(try schema(field))
    case .regex: form = .regex(try field.required(field.string()))
    case .grammar: form = .grammar(try field.required(field.string()))
    case .choice:
      var texts: [String] = []
      for element in try field.required(field.array()) {
        texts.append(try element.required(element.string()))
      }
      guard !texts.isEmpty else { throw field.refused("must not be empty") }
      form = .choice(texts)
    case .anyObject:
      guard try field.bool() == true else { return nil }
      form = anyObject
    }
    return AnswerForm(form: form, path: field.path)
  }

  /// A schema, or its text.
  private static func schema(_ field: Field) throws(APIError) -> JSON {
    if case .string(let text)? = field.value {
      guard let schema = try? JSON(parsing: text) else { throw field.refused("must be a schema") }
      return try ToolLimits.checked(schema, field)
    }
    return try field.required(ToolLimits.schema(field))
  }

  private static func responseFormat(_ field: Field) throws(APIError) -> AnswerForm? {
    guard let format = try field.object() else { return nil }
    let type = format["type"]
    switch try type.required(type.choice(of: ["text", "json_object", "json_schema"])) {
    case "text":
      try format.refuseUnknown(known: ["type"])
      return nil
    case "json_object":
      // With a schema as llama.cpp has it.
      try format.refuseUnknown(known: ["type", "schema"])
      guard format["schema"].isPresent else { return AnswerForm(form: anyObject, path: field.path) }
      return AnswerForm(
        form: .jsonSchema(try schema(format["schema"])), path: format.pathOf("schema"))
    default:
      try format.refuseUnknown(known: ["type", "json_schema"])
      let inner = format["json_schema"]
      return try described(inner.required(inner.object()))
    }
  }

  /// A form whose schema stands beside its type, as the newer APIs have it.
  static func flat(_ field: Field, types: [String]) throws(APIError) -> AnswerForm? {
    guard let format = try field.object() else { return nil }
    let type = format["type"]
    switch try type.required(type.choice(of: types)) {
    case "text", "json_object":
      try format.refuseUnknown(known: ["type"])
      return type.value == "text" ? nil : AnswerForm(form: anyObject, path: field.path)
    default:
      let schema = format["schema"]
      _ = try schema.required(schema.object())
      return try described(format)
    }
  }

  /// A schema with its name and description.
  private static func described(_ fields: Fields) throws(APIError) -> AnswerForm {
    try fields.refuseUnknown(known: ["type", "name", "description", "schema", "strict"])
    _ = try fields["name"].string()
    _ = try fields["description"].string()
    _ = try fields["strict"].bool()
    let path = fields.pathOf("schema")
    guard fields["schema"].isPresent else { return AnswerForm(form: anyObject, path: path) }
    return AnswerForm(form: .jsonSchema(try schema(fields["schema"])), path: path)
  }
}
