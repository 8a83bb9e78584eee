import JSON

/// Reads the tools of a request of the Responses API.
enum ResponseTools {
  static func read(_ fields: Fields) throws(APIError) -> ChatTools {
    var tools = ChatTools()
    for tool in try ToolLimits.tools(fields["tools"]) {
      let fields = try tool.required(tool.object())
      tools.definitions.append(try definition(fields))
      if try fields["strict"].bool() == true {
        tools.strict.insert(try ChatTools.name(fields["name"]))
      }
    }
    tools.parallel = try fields["parallel_tool_calls"].bool() ?? true
    try tools.readChoice(fields["tool_choice"])
    if tools.choice == .none { tools.definitions = [] }
    return tools
  }

  private static let toolFields = FieldTable(
    honoured: ["type", "name", "description", "parameters", "strict", "output_schema"],
    [
      ("async", .only([false], reason: "a call's result comes in the next request.")),
      ("allowed_callers", .only([["direct"]], reason: "only the model calls functions here.")),
      ("defer_loading", .only([false], reason: "tools are shown to the model at once.")),
    ])

  private static func definition(_ tool: Fields) throws(APIError) -> JSON {
    let type = tool["type"]
    guard try type.required(type.string()) == "function" else {
      let name = (type.value?.string ?? "").prefix(40)
      throw .unsupportedValue(
        type.path, "this server has no tool '\(name)'; offer tools of type 'function'.")
    }
    try toolFields.check(tool)
    var function = JSONObject([(key: "name", value: .string(try ChatTools.name(tool["name"])))])
    if let text = try tool["description"].string() { function["description"] = .string(text) }
    if let schema = try ToolLimits.schema(tool["parameters"]) { function["parameters"] = schema }
    // The name by which chat templates know it.
    if let schema = try ToolLimits.schema(tool["output_schema"]) { function["return"] = schema }
    return ["type": "function", "function": .object(function)]
  }
}
