import JSON

/// Reads the tools of an Anthropic request.
enum MessagesTools {
  static func read(_ fields: Fields) throws(APIError) -> ChatTools {
    var tools = ChatTools()
    for tool in try ToolLimits.tools(fields["tools"]) {
      let fields = try tool.required(tool.object())
      tools.definitions.append(try definition(fields))
      if try fields["strict"].bool() == true {
        tools.strict.insert(try ChatTools.name(fields["name"]))
      }
    }
    try readChoice(fields["tool_choice"], into: &tools)
    return tools
  }

  private static let toolFields = FieldTable(
    honoured: ["type", "name", "description", "input_schema", "strict", "input_examples"],
    [
      ("cache_control", .harmless(FieldTable.object)),
      ("eager_input_streaming", .harmless { field throws(APIError) in _ = try field.bool() }),
      ("defer_loading", .only([false], reason: "tools are shown to the model at once.")),
      ("allowed_callers", .harmless(checkCallers)),
    ])

  /// Only the model calls tools here, so it must be allowed to.
  private static let checkCallers: @Sendable (Field) throws(APIError) -> Void = {
    field throws(APIError) in
    for caller in try field.array() ?? [] where caller.value == "direct" { return }
    throw .unsupportedValue(field.path, "only the model calls tools here; allow 'direct'.")
  }

  private static func definition(_ tool: Fields) throws(APIError) -> JSON {
    let type = tool["type"]
    guard try type.string() ?? "custom" == "custom" else {
      let name = (type.value?.string ?? "").prefix(40)
      throw .unsupportedValue(
        type.path, "'\(name)' is a tool of Anthropic's own; describe yours with an 'input_schema'.")
    }
    try toolFields.check(tool)
    let schema = tool["input_schema"]
    var function = JSONObject([
      (key: "name", value: .string(try ChatTools.name(tool["name"])))
    ])
    if let description = try tool["description"].string() {
      function["description"] = .string(description)
    }
    function["parameters"] = try schema.required(ToolLimits.schema(schema))
    if let examples = try tool["input_examples"].array() {
      for example in examples { _ = try example.required(example.object()) }
      function["input_examples"] = .array(examples.compactMap(\.value))
    }
    return ["type": "function", "function": .object(function)]
  }

  private static func readChoice(_ field: Field, into tools: inout ChatTools) throws(APIError) {
    guard let choice = try field.object() else { return }
    try choice.refuseUnknown(known: ["type", "name", "disable_parallel_tool_use"])
    tools.parallel = try !(choice["disable_parallel_tool_use"].bool() ?? false)
    let type = choice["type"]
    switch try type.required(type.choice(of: ["auto", "any", "tool", "none"])) {
    case "auto": break
    case "none": tools.definitions = []
    case "tool": try tools.callOne(choice["name"])
    default:
      guard !tools.definitions.isEmpty else {
        throw type.refused("asks for a call, and there are no 'tools'")
      }
      tools.choice = .required
    }
  }
}
