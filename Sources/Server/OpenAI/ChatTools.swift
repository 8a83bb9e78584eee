import JSON

/// The functions a request lets the model call, and how many it may call.
struct ChatTools: Sendable {
  /// As the chat template reads them: `{"type":"function","function":{…}}`. Empty where the model
  /// shall call none.
  var definitions: [JSON] = []
  /// Whether one answer may hold several calls.
  var parallel = true
  var choice = ToolChoice.auto
  /// Names of the tools that may be called; nil for all of them.
  var callable: Set<String>?
  /// Names of the tools whose arguments must satisfy their schemas.
  var strict: Set<String> = []
}

extension ChatTools {
  static let most = 1024
  private static let longestName = 128

  init(_ fields: Fields) throws(APIError) {
    let tools = try fields["tools"].array() ?? []
    guard tools.count <= Self.most else {
      throw fields["tools"].refused("may hold \(Self.most) tools at most, not \(tools.count)")
    }
    for tool in tools {
      let (definition, isStrict) = try Self.definition(tool)
      definitions.append(definition)
      if isStrict, let name = definition["function"]?["name"]?.string { strict.insert(name) }
    }
    parallel = try fields["parallel_tool_calls"].bool() ?? true
    try readChoice(fields["tool_choice"])
    // The template is given no tools where none may be called, so that the model can't try.
    if choice == .none { definitions = [] }
  }

  private static func definition(
    _ tool: Field
  ) throws(APIError) -> (definition: JSON, isStrict: Bool) {
    let fields = try tool.required(tool.object())
    let type = try fields["type"].required(fields["type"].string())
    guard type == "function" else {
      throw .unsupportedValue(fields.pathOf("type"), "tools are of type 'function'.")
    }
    try fields.refuseUnknown(known: ["type", "function"])
    let function = try fields["function"].required(fields["function"].object())
    try function.refuseUnknown(known: ["name", "description", "parameters", "strict"])
    _ = try name(function["name"])
    _ = try function["description"].string()
    if let parameters = try function["parameters"].object() {
      try checkSize(parameters, function["parameters"])
    }
    let isStrict = try function["strict"].bool() ?? false
    let members = presentMembers(of: function.object)
    return (["type": "function", "function": .object(members)], isStrict)
  }

  /// The members that templates show the model: neither nulls nor `strict`, which speaks to the
  /// server.
  private static func presentMembers(of function: JSONObject) -> JSONObject {
    JSONObject(function.filter { !$0.value.isNull && $0.key != "strict" })
  }

  private static let largestSchema = 256 << 10

  /// What a schema costs grows with it, and it costs before the first token.
  private static func checkSize(_ schema: Fields, _ field: Field) throws(APIError) {
    guard JSON.object(schema.object).text().utf8.count <= largestSchema else {
      throw field.refused("may be \(largestSchema >> 10) KiB of JSON at most")
    }
  }

  /// Templates write names into JSON and tags unescaped, so a name is held to harmless characters.
  static func name(_ field: Field) throws(APIError) -> String {
    let name = try field.required(field.string())
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"):
        true
      default: false
      }
    }
    guard allowed, !name.isEmpty, name.utf8.count <= longestName else {
      throw field.refused(
        "must be 1 to \(longestName) letters, digits or characters of '_-.:/'")
    }
    return name
  }
}
