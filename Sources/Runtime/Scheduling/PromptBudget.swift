/// Most rows of a step that may go to prompts.
struct PromptBudget: Equatable {
  /// While no stream is running.
  var alone: Int
  /// While streams are running that a long prompt would slow down for long.
  var gentle: Int
  /// While streams are running and a prompt of at most `shortPrompt` tokens comes in: it is worth
  /// a short delay, since its own client has nothing yet.
  var brisk: Int
  var shortPrompt: Int
  /// Whether a step of the streams alone is due: how long it takes is what long prompts go by.
  var waits = false

  /// For each step that prompts are in.
  func rows(streamsRun: Bool, shortest: Int) -> Int {
    guard streamsRun else { return max(1, alone) }
    if shortest <= shortPrompt { return max(1, brisk, gentle) }
    return waits ? 0 : max(1, gentle)
  }
}
