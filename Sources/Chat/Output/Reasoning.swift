/// The markers around a model's reasoning.
public struct ReasoningMarkers: Sendable, Equatable {
  /// The marker that begins reasoning, best first where a family has several.
  public var openings: [String]
  public var closing: String

  public init(_ opening: String, _ closing: String) {
    openings = [opening]
    self.closing = closing
  }

  /// The pairs in use.
  public static let known = [
    ReasoningMarkers("<think>", "</think>"),
    ReasoningMarkers("<longcat_think>", "</longcat_think>"),
    ReasoningMarkers("<|think:start|>", "<|think:end|>"),
    ReasoningMarkers("<|channel>thought", "<channel|>"),
    ReasoningMarkers("<|open|>think<|sep|>", "<|close|>think<|sep|>"),
    ReasoningMarkers("[THINK]", "[/THINK]"),
    ReasoningMarkers("<|START_THINKING|>", "<|END_THINKING|>"),
    ReasoningMarkers("<seed:think>", "</seed:think>"),
    ReasoningMarkers("<mm:think>", "</mm:think>"),
    ReasoningMarkers("<thought>", "</thought>"),
    ReasoningMarkers("<reasoning>", "</reasoning>"),
    ReasoningMarkers("◁think▷", "◁/think▷"),
    ReasoningMarkers("<|inner_prefix|>", "<|inner_suffix|>"),
    ReasoningMarkers("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"),
  ]

  /// Whether a prompt leaves reasoning open: its last opening marker is behind the last closing
  /// one.
  public func areOpen(atEndOf prompt: some StringProtocol) -> Bool {
    let opening = openings.compactMap { prompt.lastRange(of: $0)?.upperBound }.max()
    guard let opening else { return false }
    return prompt.lastRange(of: closing).map { $0.lowerBound < opening } ?? true
  }
}
