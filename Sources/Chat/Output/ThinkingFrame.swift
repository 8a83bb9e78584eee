/// Where a model's thinking begins and ends in its output, and how it can be ended from outside.
public struct ThinkingFrame: Sendable, Equatable {
  public let openings: [String]
  public let closing: String
  /// What ends thinking that has gone on for too long; the answer follows.
  public let ending: String
  /// Thinking may begin behind other output; elsewhere it is the first thing or doesn't come.
  public let beginsAnywhere: Bool

  fileprivate init(_ markers: ReasoningMarkers) {
    openings = markers.openings
    closing = markers.closing
    ending = "\n" + markers.closing
    beginsAnywhere = false
  }

  private init(openings: [String], closing: String, ending: String) {
    self.openings = openings
    self.closing = closing
    self.ending = ending
    beginsAnywhere = true
  }

  fileprivate static let harmony = ThinkingFrame(
    openings: ["<|channel|>analysis<|message|>"], closing: "<|end|>",
    ending: "<|end|><|start|>assistant<|channel|>final<|message|>")
}

extension ChatModel {
  /// Nil for a model that doesn't think in the open, or whose thinking can't be ended.
  public var thinkingFrame: ThinkingFrame? {
    if let reasoning { return ThinkingFrame(reasoning) }
    return toolFormat is HarmonyFormat ? .harmony : nil
  }

  /// Whether a prompt leaves the model thinking.
  public func isThinking(after prompt: ChatPrompt) -> Bool {
    reasoning?.areOpen(atEndOf: prompt.prompt.answer) ?? false
  }
}
