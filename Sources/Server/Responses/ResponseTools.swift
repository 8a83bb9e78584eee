import JSON

/// Reads the tools of a request of the Responses API.
enum ResponseTools {
  static func read(_ fields: Fields) throws(APIError) -> ChatTools {
    var tools = ChatTools()
    for tool in try fields["tools"].array() ?? [] {
      tools.definitions.append(try definition(tool.required(tool.object())))
    }
    tools.parallel = try fields["parallel_tool_calls"].bool() ?? true
    try readChoice(fields["tool_choice"], into: &tools)
    return tools
  }

  private static func definition(_ tool: Fields) throws(APIError) -> JSON {
    let type = tool["type"]
    guard try type.required(type.string()) == "function" else {
      let name = (type.value?.string ?? "").prefix(40)
      throw .unsupportedValue(
        type.path, "this server has no tool '\(name)'; offer tools of type 'function'.")
    }
    try tool.refuseUnknown(known: ["type", "name", "description", "parameters", "strict"])
    if try tool["strict"].bool() == true {
      throw .unsupportedValue(
        tool.pathOf("strict"), "constrained decoding isn't available on this server.")
    }
    var function = JSONObject([(key: "name", value: .string(try ChatTools.name(tool["name"])))])
    if let text = try tool["description"].string() { function["description"] = .string(text) }
    if let schema = try tool["parameters"].object() {
      function["parameters"] = .object(schema.object)
    }
    return ["type": "function", "function": .object(function)]
  }

  private static func readChoice(_ field: Field, into tools: inout ChatTools) throws(APIError) {
    guard field.isPresent else { return }
    guard case .string? = field.value else {
      guard try field.object() == nil else {
        throw .unsupportedValue(
          field.path, "without constrained decoding a call can't be promised; send 'auto'.")
      }
      return
    }
    switch try field.choice(of: ["none", "auto", "required"]) {
    case "none": tools.definitions = []
    case "required":
      throw .unsupportedValue(
        field.path, "without constrained decoding a call can't be promised; send 'auto'.")
    default: break
    }
  }
}
