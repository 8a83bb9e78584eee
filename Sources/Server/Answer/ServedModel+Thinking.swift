import Chat
import JSON

/// How much a model is to think, said in the ways that it understands.
extension ServedModel {
  /// The conversation with variables for the template and a budget, or refused where this model's
  /// thinking can't be set.
  func withThinking(_ conversation: Conversation) throws(APIError) -> Conversation {
    var conversation = conversation
    if let effort = conversation.reasoningEffort { try setEffort(effort, of: &conversation) }
    guard let budget = conversation.thinkingBudget else { return conversation }
    guard chat.thinkingFrame != nil || conversation.reasoningIsHint || !chat.capabilities.reasoning
    else { throw .unsupported("thinking_budget", "this model's thinking can't be ended.") }
    conversation.suggest("thinking_budget", .integer(budget), to: chat.capabilities)
    return conversation
  }

  private func setEffort(_ effort: String, of conversation: inout Conversation) throws(APIError) {
    let capabilities = chat.capabilities
    let knowsEfforts = conversation.suggest(
      "reasoning_effort", .string(effort), to: capabilities)
    if capabilities.reasoningSwitch {
      for name in ["enable_thinking", "thinking"] {
        conversation.suggest(name, .bool(effort != "none"), to: capabilities)
      }
    }
    let isOff = effort == "none" && (capabilities.reasoningSwitch || !capabilities.reasoning)
    if knowsEfforts || isOff { return }
    guard chat.thinkingFrame != nil || capabilities.reasoningSwitch || conversation.reasoningIsHint
    else { throw .unsupported("reasoning_effort", "this model's thinking can't be set.") }
    conversation.thinkingBudget =
      conversation.thinkingBudget ?? Conversation.effortBudgets[effort]
  }
}

extension Conversation {
  /// Sets a variable that the template reads, unless the request did. False where it reads none such.
  @discardableResult
  fileprivate mutating func suggest(
    _ name: String, _ value: JSON, to capabilities: ChatCapabilities
  ) -> Bool {
    guard capabilities.templateVariables.contains(name) else { return false }
    if templateVariables[name] == nil { templateVariables[name] = value }
    return true
  }
}
