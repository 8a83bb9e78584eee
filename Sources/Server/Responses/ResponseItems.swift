import JSON

/// Reads the items of a conversation into the form that chat templates expect.
enum ResponseItems {
  /// The input as a list of items.
  static func normalized(_ field: Field) throws(APIError) -> [JSON] {
    switch field.value {
    case nil: throw missing(field)
    case .string(let text)?:
      let part: JSON = ["type": "input_text", "text": .string(text)]
      return [["type": "message", "role": "user", "content": .array([part])]]
    case .array(let items)?:
      _ = try ChatMessages.elements(field)
      return items
    default: throw field.wrongType("a string or an array of items")
    }
  }

  private static func missing(_ field: Field) -> APIError {
    .invalid(
      field.path, "Missing required parameter: '\(field.path)'.",
      code: "missing_required_parameter")
  }

  static func messages(
    instructions: String?, earlier: [JSON], input: Field, store: ResponseStore
  ) throws(APIError) -> [JSON] {
    var transcript = Transcript()
    if let instructions { transcript.append(role: "system", instructions) }
    for (index, item) in earlier.enumerated() {
      try append(Field("previous_response_id[\(index)]", item), to: &transcript, store)
    }
    if case .string(let text)? = input.value {
      transcript.append(role: "user", text)
    } else {
      for item in try input.array() ?? [] { try append(item, to: &transcript, store) }
    }
    return transcript.messages
  }

  private static func append(
    _ element: Field, to transcript: inout Transcript, _ store: ResponseStore
  ) throws(APIError) {
    let item = try element.required(element.object())
    let type = item["type"]
    switch try type.string() ?? (item["role"].isPresent ? "message" : "item_reference") {
    case "message": try appendMessage(item, to: &transcript)
    case "function_call": try appendCall(item, to: &transcript)
    case "function_call_output": try appendResult(item, to: &transcript)
    case "reasoning": try appendReasoning(item, to: &transcript)
    case "item_reference":
      let id = try item["id"].required(item["id"].string())
      guard let found = store.item(id) else {
        throw item["id"].refused("names no item that is stored here")
      }
      try append(Field(element.path, found), to: &transcript, store)
    case let other:
      throw .unsupportedValue(type.path, "items of type '\(other.prefix(40))' can't be read here.")
    }
  }
}

// MARK: - Messages

extension ResponseItems {
  private static let roles = ["user", "assistant", "system", "developer"]

  private static func appendMessage(_ item: Fields, to transcript: inout Transcript)
    throws(APIError)
  {
    try item.refuseUnknown(known: ["type", "role", "content", "id", "status", "phase"])
    let role = try item["role"].required(item["role"].choice(of: roles))
    let text = try text(item["content"])
    if role == "assistant" {
      transcript.append(answer: text)
    } else {
      transcript.append(role: role, text)
    }
  }

  /// A string, or parts of text joined as chat messages join them: with nothing.
  private static func text(_ field: Field) throws(APIError) -> String {
    switch field.value {
    case nil: throw missing(field)
    case .string(let text)?: return text
    case .array?:
      var text = ""
      for part in try field.array() ?? [] { text += try partText(part.required(part.object())) }
      return text
    default: throw field.wrongType("a string or an array of parts")
    }
  }

  private static let textFields = FieldTable(
    honoured: ["type", "text", "annotations", "logprobs", "parsed"],
    [("prompt_cache_breakpoint", .harmless(FieldTable.object))])

  private static func partText(_ part: Fields) throws(APIError) -> String {
    let type = part["type"]
    switch try type.required(type.string()) {
    case "input_text", "output_text", "text", "summary_text", "reasoning_text":
      try textFields.check(part)
      return try part["text"].required(part["text"].string())
    case "refusal": return try part["refusal"].required(part["refusal"].string())
    case "input_image": throw .unsupportedValue(type.path, "this model has no vision; send text.")
    case "input_audio": throw .unsupportedValue(type.path, "this model can't hear; send text.")
    case "input_file":
      throw .unsupportedValue(type.path, "this server reads no files; send their text.")
    case let other:
      throw type.refused("must be 'input_text' or 'output_text', not '\(other.prefix(40))'")
    }
  }
}

// MARK: - Calls and reasoning

extension ResponseItems {
  private static let origin: [FieldTable.Entry] = [
    ("caller", .only([["type": "direct"]], reason: "only the model calls functions here.")),
    ("async", .only([false], reason: "a call's result comes in the next request.")),
    ("namespace", .refused("functions have no namespaces here.")),
  ]
  private static let callFields = FieldTable(
    honoured: ["type", "id", "call_id", "name", "arguments", "status", "parsed_arguments"], origin)
  private static let resultFields = FieldTable(
    honoured: ["type", "id", "call_id", "name", "output", "status"], origin)

  private static func appendCall(_ item: Fields, to transcript: inout Transcript)
    throws(APIError)
  {
    try callFields.check(item)
    transcript.appendCall(
      id: try item["call_id"].required(item["call_id"].string()),
      name: try item["name"].required(item["name"].string()),
      arguments: try ChatMessages.arguments(item["arguments"]))
  }

  private static func appendResult(_ item: Fields, to transcript: inout Transcript)
    throws(APIError)
  {
    try resultFields.check(item)
    transcript.append(
      result: try text(item["output"]), of: try item["call_id"].required(item["call_id"].string()))
  }

  private static func appendReasoning(_ item: Fields, to transcript: inout Transcript)
    throws(APIError)
  {
    try item.refuseUnknown(
      known: ["type", "id", "summary", "content", "encrypted_content", "status"])
    let content = item["content"].isPresent ? item["content"] : item["summary"]
    guard content.isPresent else { return }
    let reasoning = try text(content)
    if !reasoning.isEmpty { transcript.append(reasoning: reasoning) }
  }
}
