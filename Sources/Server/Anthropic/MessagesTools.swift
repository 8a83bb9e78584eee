import JSON

/// Reads the tools of an Anthropic request.
enum MessagesTools {
  static func read(_ fields: Fields) throws(APIError) -> ChatTools {
    var tools = ChatTools()
    for tool in try fields["tools"].array() ?? [] {
      let fields = try tool.required(tool.object())
      tools.definitions.append(try definition(fields))
      if try fields["strict"].bool() == true {
        tools.strict.insert(try ChatTools.name(fields["name"]))
      }
    }
    try readChoice(fields["tool_choice"], into: &tools)
    return tools
  }

  private static let known = [
    "type", "name", "description", "input_schema", "cache_control", "strict", "defer_loading",
    "eager_input_streaming", "allowed_callers",
  ]

  private static func definition(_ tool: Fields) throws(APIError) -> JSON {
    let type = tool["type"]
    guard try type.string() ?? "custom" == "custom" else {
      let name = (type.value?.string ?? "").prefix(40)
      throw .unsupportedValue(
        type.path, "'\(name)' is a tool of Anthropic's own; describe yours with an 'input_schema'.")
    }
    try tool.refuseUnknown(known: known)
    if try tool["defer_loading"].bool() == true {
      throw .unsupported(tool.pathOf("defer_loading"), "tools are shown to the model at once.")
    }
    let schema = tool["input_schema"]
    var function = JSONObject([
      (key: "name", value: .string(try ChatTools.name(tool["name"])))
    ])
    if let description = try tool["description"].string() {
      function["description"] = .string(description)
    }
    function["parameters"] = .object(try schema.required(schema.object()).object)
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
