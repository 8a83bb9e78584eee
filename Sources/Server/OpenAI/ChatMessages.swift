import JSON

/// Reads the conversation of a chat request into the form that chat templates expect.
///
/// Text parts become one string and arguments of tool calls become objects, since that is what most
/// templates can read; nothing is dropped.
enum ChatMessages {
  /// More than that no context holds.
  static let most = 10_000

  /// The messages of a conversation, or its items.
  static func elements(_ field: Field) throws(APIError) -> [Field] {
    let elements = try field.required(field.array())
    guard elements.count <= most else {
      throw field.refused("may hold \(most) messages at most, not \(elements.count)")
    }
    guard !elements.isEmpty else { throw field.refused("must hold at least one message") }
    return elements
  }

  static func read(_ field: Field) throws(APIError) -> [JSON] {
    let elements = try elements(field)
    var messages: [JSON] = []
    for element in elements {
      messages.append(try message(element.required(element.object())))
    }
    return messages
  }

  private static let roles = ["system", "developer", "user", "assistant", "tool"]

  private static func message(_ fields: Fields) throws(APIError) -> JSON {
    if fields["role"].value?.string == "function" {
      throw fields["role"].refused("'function' is deprecated; use 'tool'")
    }
    let role = try fields["role"].required(fields["role"].choice(of: roles))
    var message = JSONObject([(key: "role", value: .string(role))])
    switch role {
    case "assistant": try readAssistant(fields, into: &message)
    case "tool": try readToolResult(fields, into: &message)
    default:
      try fields.refuseUnknown(known: ["role", "content", "name"])
      message["content"] = .string(try fields["content"].required(text(fields["content"])))
    }
    if let name = try fields["name"].string() { message["name"] = .string(name) }
    return .object(message)
  }

  private static func readToolResult(_ fields: Fields, into message: inout JSONObject)
    throws(APIError)
  {
    try fields.refuseUnknown(known: ["role", "content", "name", "tool_call_id"])
    message["content"] = .string(try fields["content"].required(text(fields["content"])))
    if let id = try fields["tool_call_id"].string() { message["tool_call_id"] = .string(id) }
  }

  private static let assistantFields = FieldTable(
    honoured: [
      "role", "content", "name", "tool_calls", "reasoning_content", "reasoning", "refusal",
      "annotations",
    ],
    [
      ("audio", .refused("this server answers in text.")),
      ("function_call", .refused("use 'tool_calls'.")),
      // LiteLLM's own notes about an answer.
      ("provider_specific_fields", .harmless(FieldTable.object)),
    ])

  /// Clients send back the whole message that they were given, so the fields of an answer that say
  /// nothing to the model are accepted here.
  private static func readAssistant(_ fields: Fields, into message: inout JSONObject)
    throws(APIError)
  {
    try assistantFields.check(fields)
    let refusal = try fields["refusal"].string()
    let calls = try toolCalls(fields["tool_calls"])
    message["content"] = .string(try text(fields["content"]) ?? refusal ?? "")
    for name in ["reasoning", "reasoning_content"] {
      if let reasoning = try fields[name].string() {
        message["reasoning_content"] = .string(reasoning)
      }
    }
    if !calls.isEmpty { message["tool_calls"] = .array(calls) }
    _ = try fields["annotations"].array()
  }
}

// MARK: - Content

extension ChatMessages {
  /// A string, or text parts joined as the templates that know parts join them: with nothing.
  private static func text(_ field: Field) throws(APIError) -> String? {
    switch field.value {
    case nil: return nil
    case .string(let text): return text
    case .array:
      var text = ""
      for part in try field.array() ?? [] {
        text += try partText(part.required(part.object()))
      }
      return text
    default: throw field.wrongType("a string or an array of parts")
    }
  }

  private static let textFields = FieldTable(
    honoured: ["type", "text"], [("prompt_cache_breakpoint", .harmless(FieldTable.object))])

  private static func partText(_ part: Fields) throws(APIError) -> String {
    let type = part["type"]
    switch try type.required(type.string()) {
    case "text":
      try textFields.check(part)
      return try part["text"].required(part["text"].string())
    case "refusal":
      try part.refuseUnknown(known: ["type", "refusal"])
      return try part["refusal"].required(part["refusal"].string())
    case "image_url", "input_image", "image":
      throw .unsupportedValue(type.path, "this model has no vision; send text.")
    case "input_audio":
      throw .unsupportedValue(type.path, "this model can't hear; send text.")
    case "video_url", "video":
      throw .unsupportedValue(type.path, "this model can't see videos; send text.")
    case "file":
      throw .unsupportedValue(type.path, "this server reads no files; send their text.")
    case let other:
      throw type.refused("must be 'text', not '\(other.prefix(40))'")
    }
  }
}

// MARK: - Tool calls

extension ChatMessages {
  private static func toolCalls(_ field: Field) throws(APIError) -> [JSON] {
    var calls: [JSON] = []
    for element in try field.array() ?? [] {
      calls.append(try toolCall(element.required(element.object())))
    }
    return calls
  }

  private static func toolCall(_ fields: Fields) throws(APIError) -> JSON {
    guard try fields["type"].string() ?? "function" == "function" else {
      throw .unsupportedValue(fields.pathOf("type"), "tool calls are of type 'function'.")
    }
    try fields.refuseUnknown(known: ["id", "type", "function", "index"])
    let function = try fields["function"].required(fields["function"].object())
    try function.refuseUnknown(known: ["name", "arguments"])
    let name = try function["name"].required(function["name"].string())
    let called: JSON = [
      "name": .string(name), "arguments": try arguments(function["arguments"]),
    ]
    var call = JSONObject()
    if let id = try fields["id"].string() { call["id"] = .string(id) }
    call["type"] = "function"
    call["function"] = called
    return .object(call)
  }

  /// Arguments as an object. Text that isn't one stays text: a model's own broken call must not
  /// end its conversation.
  static func arguments(_ field: Field) throws(APIError) -> JSON {
    switch field.value {
    case nil: return .object(JSONObject())
    case .object(let object): return .object(object)
    case .string(let text):
      if text.utf8.allSatisfy({ $0 == UInt8(ascii: " ") }) { return .object(JSONObject()) }
      if let value = try? JSON(parsing: text), value.object != nil { return value }
      return .string(text)
    default: throw field.wrongType("a string of JSON")
    }
  }
}
