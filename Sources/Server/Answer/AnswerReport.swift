import Logging

/// One log line for each answer: what it took, never what it said.
struct AnswerReport: Sendable {
  let id: String
  let logger: Logger

  func finished(_ summary: AnswerSummary) {
    let usage = summary.usage
    let timings = summary.timings
    logger.info(
      """
      \(id): \(summary.wasCancelled ? "cancelled" : summary.end.word), \
      \(usage.promptTokens) prompt tokens (\(usage.cachedTokens) cached) in \
      \(milliseconds(timings.promptSeconds)), \(usage.completionTokens) generated in \
      \(milliseconds(timings.generateSeconds))
      """)
  }

  func abandoned() { logger.info("\(id): ended, the client left") }

  func failed(_ reason: String) { logger.error("\(id): \(reason)") }

  private func milliseconds(_ seconds: Double) -> String { "\(Int(seconds * 1000)) ms" }
}

extension AnswerEnd {
  fileprivate var word: String {
    switch self {
    case .stop: "stop"
    case .stopString: "stop string"
    case .length: "length"
    case .toolCalls: "tool calls"
    }
  }
}
