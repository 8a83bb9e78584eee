import JSON

/// Which of its tools a request wants called.
enum ToolChoice: Sendable, Equatable {
  case none
  /// As the model likes.
  case auto
  /// At least one.
  case required
}

extension ChatTools {
  /// Reads OpenAI's `tool_choice`: a word, one tool, or some tools and a mode.
  mutating func readChoice(_ field: Field) throws(APIError) {
    switch field.value {
    case nil: return
    case .string:
      switch try field.choice(of: ["none", "auto", "required"]) {
      case "none": choice = .none
      case "required": choice = .required
      default: choice = .auto
      }
    case .object: try readObject(try field.required(field.object()))
    default: throw field.wrongType("a string or an object")
    }
    if choice == .required, definitions.isEmpty {
      throw field.refused("asks for a call, and there are no 'tools'")
    }
  }

  private mutating func readObject(_ fields: Fields) throws(APIError) {
    let type = fields["type"]
    switch try type.required(type.choice(of: ["function", "allowed_tools"])) {
    case "function":
      // The Responses API has the name beside the type.
      let function = try fields["function"].object() ?? fields
      try callOne(function["name"])
    default:
      let allowed = try fields["allowed_tools"].object() ?? fields
      let mode = allowed["mode"]
      let word = try mode.required(mode.choice(of: ["auto", "required"]))
      choice = word == "required" ? .required : .auto
      let list = allowed["tools"]
      var names: Set<String> = []
      for tool in try list.required(list.array()) {
        let entry = try tool.required(tool.object())
        let function = try entry["function"].object() ?? entry
        names.insert(try offered(function["name"]))
      }
      guard !names.isEmpty else { throw list.refused("must not be empty") }
      callable = names
    }
  }

  /// Asks for one call of that tool.
  mutating func callOne(_ name: Field) throws(APIError) {
    callable = [try offered(name)]
    choice = .required
    parallel = false
  }

  /// The name of a tool that the request has.
  private func offered(_ field: Field) throws(APIError) -> String {
    let name = try field.required(field.string())
    guard definitions.contains(where: { $0["function"]?["name"]?.string == name }) else {
      throw field.refused("names '\(name.prefix(64))', which isn't among the tools")
    }
    return name
  }
}
