import JSON

/// What a model's text side can do, as its template shows when it renders probe conversations.
public struct ChatCapabilities: Sendable {
  /// Offered tools change the prompt, and their results can be given back.
  public let tools: Bool
  public let toolResults: Bool
  /// An answer with several calls can be given back.
  public let parallelToolCalls: Bool
  public let systemRole: Bool
  public let developerRole: Bool
  /// The model's reasoning can be told from its answer.
  public let reasoning: Bool
  /// Reasoning can be switched with `enable_thinking`.
  public let reasoningSwitch: Bool
  public let toolFormat: String?
  /// Variables that the template reads, of those that requests may set.
  public let templateVariables: Set<String>

  init(
    _ template: ChatTemplate, _ format: (any ToolFormat)?, _ reasoning: ReasoningMarkers?
  ) {
    let probe = TemplateProbe(template)
    tools = format != nil && probe.showsTools
    toolResults = probe.showsToolResults
    parallelToolCalls = probe.showsParallelCalls
    systemRole = probe.showsSystem
    developerRole = probe.showsDeveloper
    self.reasoning = reasoning != nil || format?.headerOpening != nil
    let variables = [
      "enable_thinking", "thinking", "reasoning_effort", "thinking_budget", "documents",
      "builtin_tools", "add_vision_id", "preserve_thinking", "xml_tools", "date_string",
    ]
    templateVariables = Set(variables.filter(template.uses))
    reasoningSwitch =
      self.reasoning && !templateVariables.isDisjoint(with: ["enable_thinking", "thinking"])
    toolFormat = format?.name
  }
}

// MARK: - As JSON

extension ChatCapabilities {
  private static let switches: [(name: String, value: KeyPath<Self, Bool> & Sendable)] = [
    ("tools", \.tools), ("tool_results", \.toolResults),
    ("parallel_tool_calls", \.parallelToolCalls), ("system_role", \.systemRole),
    ("developer_role", \.developerRole), ("reasoning", \.reasoning),
    ("reasoning_switch", \.reasoningSwitch),
  ]

  /// One member each, by the names that requests use.
  public var json: JSON {
    var object = JSONObject()
    for (name, value) in Self.switches { object[name] = .bool(self[keyPath: value]) }
    object["tool_format"] = toolFormat.map(JSON.string) ?? .null
    object["template_variables"] = .array(templateVariables.sorted().map(JSON.string))
    return .object(object)
  }

  init?(_ json: JSON) {
    func flag(_ name: String) -> Bool? { json[name]?.bool }
    guard let tools = flag("tools"), let toolResults = flag("tool_results"),
      let parallelToolCalls = flag("parallel_tool_calls"), let systemRole = flag("system_role"),
      let developerRole = flag("developer_role"), let reasoning = flag("reasoning"),
      let reasoningSwitch = flag("reasoning_switch"),
      let variables = json["template_variables"]?.array
    else { return nil }
    self.tools = tools
    self.toolResults = toolResults
    self.parallelToolCalls = parallelToolCalls
    self.systemRole = systemRole
    self.developerRole = developerRole
    self.reasoning = reasoning
    self.reasoningSwitch = reasoningSwitch
    toolFormat = json["tool_format"]?.string
    templateVariables = Set(variables.compactMap(\.string))
  }
}
