import JSON

/// Reads the conversation of an Anthropic request into the form that chat templates expect.
enum MessagesReader {
  static func read(_ fields: Fields) throws(APIError) -> [JSON] {
    var transcript = Transcript()
    if let system = try systemText(fields["system"]) { transcript.append(role: "system", system) }
    let messages = fields["messages"]
    var lastRole = ""
    for element in try ChatMessages.elements(messages) {
      lastRole = try append(element.required(element.object()), to: &transcript)
    }
    guard lastRole != "assistant" else {
      throw messages.refused(
        "must end with a message of the user: an answer that was begun can't be continued here")
    }
    return transcript.messages
  }

  /// Clients write a random value into this line, which would make every prompt a new one.
  private static let billingLine = "x-anthropic-billing-header:"

  private static func systemText(_ field: Field) throws(APIError) -> String? {
    guard field.isPresent else { return nil }
    let texts = try texts(field).map { text in
      guard text.hasPrefix(billingLine) else { return text }
      return text.firstIndex(of: "\n").map { String(text[text.index(after: $0)...]) } ?? ""
    }
    let text = texts.filter { !$0.isEmpty }.joined(separator: "\n")
    return text.isEmpty ? nil : text
  }

  /// A string, or blocks of nothing but text.
  private static func texts(_ field: Field) throws(APIError) -> [String] {
    if case .string(let text)? = field.value { return [text] }
    var texts: [String] = []
    for block in try blocks(field) {
      let type = block["type"]
      guard try type.required(type.string()) == "text" else { throw unsupported(type) }
      texts.append(try text(block))
    }
    return texts
  }

  private static func blocks(_ field: Field) throws(APIError) -> [Fields] {
    guard case .array? = field.value else {
      throw field.isPresent
        ? field.wrongType("a string or an array of blocks")
        : APIError.invalid(
          field.path, "Missing required parameter: '\(field.path)'.",
          code: "missing_required_parameter")
    }
    var blocks: [Fields] = []
    for block in try field.array() ?? [] {
      let fields = try block.required(block.object())
      _ = try fields["cache_control"].object()
      blocks.append(fields)
    }
    return blocks
  }

  private static func append(_ message: Fields, to transcript: inout Transcript)
    throws(APIError) -> String
  {
    try message.refuseUnknown(known: ["role", "content"])
    let role = try message["role"].required(
      message["role"].choice(of: ["user", "assistant", "system"]))
    let content = message["content"]
    switch role {
    case "user": try appendUser(content, to: &transcript)
    case "assistant": try appendAssistant(content, to: &transcript)
    default:
      transcript.append(role: "system", try texts(content).joined(separator: "\n"))
    }
    return role
  }
}

// MARK: - The user's blocks

extension MessagesReader {
  private static func appendUser(_ content: Field, to transcript: inout Transcript)
    throws(APIError)
  {
    if case .string(let text)? = content.value { return transcript.append(user: text) }
    for block in try blocks(content) {
      switch block["type"].value {
      case "tool_result": try appendResult(block, to: &transcript)
      default: transcript.append(user: try userText(block))
      }
    }
  }

  /// The text of a block that a user or a tool sends.
  private static func userText(_ block: Fields) throws(APIError) -> String {
    let type = block["type"]
    switch try type.required(type.string()) {
    case "text": return try text(block)
    case "document": return try document(block)
    case "image": throw .unsupportedValue(type.path, "this model has no vision; send text.")
    default: throw unsupported(type)
    }
  }

  private static func text(_ block: Fields) throws(APIError) -> String {
    try block.refuseUnknown(known: ["type", "text", "cache_control", "citations"])
    return try block["text"].required(block["text"].string())
  }

  /// A document of plain text, under its title.
  private static func document(_ block: Fields) throws(APIError) -> String {
    try block.refuseUnknown(
      known: ["type", "source", "title", "context", "cache_control", "citations"])
    if try block["citations"].object()?["enabled"].bool() == true {
      throw .unsupported(block.pathOf("citations"), "this server makes no citations.")
    }
    let source = try block["source"].required(block["source"].object())
    let type = source["type"]
    guard try type.required(type.string()) == "text" else {
      throw .unsupportedValue(type.path, "this server reads documents of type 'text' only.")
    }
    try source.refuseUnknown(known: ["type", "media_type", "data"])
    let data = try source["data"].required(source["data"].string())
    let heads = [try block["title"].string(), try block["context"].string()].compactMap { $0 }
    return (heads + [data]).joined(separator: "\n")
  }

  private static func appendResult(_ block: Fields, to transcript: inout Transcript)
    throws(APIError)
  {
    try block.refuseUnknown(
      known: ["type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"])
    let id = try block["tool_use_id"].required(block["tool_use_id"].string())
    var text = try resultText(block["content"])
    // Templates have no place for the flag; the model must still be told.
    if try block["is_error"].bool() == true { text = "Error: " + text }
    transcript.append(result: text, of: id)
  }

  private static func resultText(_ content: Field) throws(APIError) -> String {
    guard content.isPresent else { return "" }
    if case .string(let text)? = content.value { return text }
    var texts: [String] = []
    for block in try blocks(content) { texts.append(try userText(block)) }
    return texts.joined(separator: "\n")
  }

  private static func unsupported(_ type: Field) -> APIError {
    let name = (type.value?.string ?? "").prefix(40)
    return .unsupportedValue(type.path, "blocks of type '\(name)' can't be read here; send text.")
  }
}

// MARK: - The model's blocks

extension MessagesReader {
  private static func appendAssistant(_ content: Field, to transcript: inout Transcript)
    throws(APIError)
  {
    if case .string(let text)? = content.value { return transcript.append(answer: text) }
    for block in try blocks(content) {
      let type = block["type"]
      switch try type.required(type.string()) {
      case "text": transcript.append(answer: try text(block), joined: true)
      case "thinking":
        try block.refuseUnknown(known: ["type", "thinking", "signature"])
        transcript.append(reasoning: try block["thinking"].required(block["thinking"].string()))
      // Nobody but who wrote it can read it.
      case "redacted_thinking": break
      case "tool_use": try appendCall(block, to: &transcript)
      default: throw unsupported(type)
      }
    }
  }

  private static func appendCall(_ block: Fields, to transcript: inout Transcript)
    throws(APIError)
  {
    try block.refuseUnknown(
      known: ["type", "id", "name", "input", "cache_control", "caller", "toolset_name"])
    let input = block["input"]
    transcript.appendCall(
      id: try block["id"].required(block["id"].string()),
      name: try block["name"].required(block["name"].string()),
      arguments: .object(try input.required(input.object()).object))
  }
}
