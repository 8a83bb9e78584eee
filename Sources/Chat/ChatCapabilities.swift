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
    self.reasoning = reasoning != nil || format is HarmonyFormat
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
