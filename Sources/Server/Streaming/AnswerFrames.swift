import Hummingbird
import Runtime

/// Turns the events of an answer into the frames of its stream.
struct AnswerFrames<Wire: AnswerWire> {
  private var answer: Answer
  private var wire: Wire
  private let report: AnswerReport
  private var progress = "waiting"
  private(set) var isFinished = false

  init(answer: Answer, wire: Wire, report: AnswerReport) {
    self.answer = answer
    self.wire = wire
    self.report = report
  }

  mutating func begin() -> [ByteBuffer] { wire.begin() }

  mutating func take(_ pulse: Pulse<GenerationEvent>) -> [ByteBuffer] {
    switch pulse {
    case .silence: [wire.keepAlive(progress: progress)]
    case .element(let event): answer.take(event).flatMap { frames($0) }
    }
  }

  private mutating func frames(_ event: AnswerEvent) -> [ByteBuffer] {
    switch event {
    case .progress(let done, let total):
      progress = "prompt \(done)/\(total)"
      return []
    case .delta(let delta, let usage): return wire.frames(delta, usageSoFar: usage)
    case .enough: return []
    case .finished(let summary):
      isFinished = true
      report.finished(summary)
      return wire.lastFrames(summary)
    case .failed(let reason):
      isFinished = true
      report.failed(reason)
      return wire.failure(.serverFailure(reason))
    }
  }
}
