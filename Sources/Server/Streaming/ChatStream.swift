import Hummingbird
import Runtime

/// Turns the events of an answer into the frames of its stream.
struct ChatStream {
  private var answer: Answer
  private let report: AnswerReport
  private var isFirst = true
  private var progress = "waiting"
  private(set) var isFinished = false

  init(answer: Answer, report: AnswerReport) {
    self.answer = answer
    self.report = report
  }

  mutating func take(_ pulse: Pulse<GenerationEvent>) -> [ByteBuffer] {
    switch pulse {
    case .silence: [EventStream.comment(progress)]
    case .element(let event): answer.take(event).flatMap { frames($0) }
    }
  }

  private mutating func frames(_ event: AnswerEvent) -> [ByteBuffer] {
    switch event {
    case .progress(let done, let total):
      progress = "prompt \(done)/\(total)"
      return []
    case .delta(let delta, let usage):
      defer { isFirst = false }
      return [EventStream.frame(answer.writer.chunk(delta, first: isFirst, usageSoFar: usage))]
    case .enough: return []
    case .finished(let summary): return finish(summary)
    case .failed(let reason):
      isFinished = true
      report.failed(reason)
      return [EventStream.frame(APIError.serverFailure(reason).json), EventStream.end]
    }
  }

  private mutating func finish(_ summary: AnswerSummary) -> [ByteBuffer] {
    isFinished = true
    report.finished(summary)
    // Every answer names its role, also one that is empty.
    let empty = AnswerDelta(content: "")
    let first = isFirst ? [answer.writer.chunk(empty, first: true, usageSoFar: summary.usage)] : []
    return (first + answer.writer.lastChunks(summary)).map(EventStream.frame) + [EventStream.end]
  }
}
