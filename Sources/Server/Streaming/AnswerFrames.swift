import Hummingbird
import Runtime

/// Turns the events of an answer into the frames of its stream.
struct AnswerFrames<Wire: AnswerWire> {
  private var answer: Answer
  private var wire: Wire
  private let report: AnswerReport
  private let keepAlive: Duration
  private var progress = "waiting"
  private var lastSent = ContinuousClock.now
  private(set) var isFinished = false

  init(answer: Answer, wire: Wire, report: AnswerReport, keepAlive: Duration = .seconds(3)) {
    self.answer = answer
    self.wire = wire
    self.report = report
    self.keepAlive = keepAlive
  }

  mutating func begin() -> [ByteBuffer] { wire.begin() }

  mutating func take(_ pulse: Pulse<GenerationEvent>) -> [ByteBuffer] {
    let frames: [ByteBuffer] =
      switch pulse {
      case .silence: [wire.keepAlive(progress: progress)]
      case .element(let event): answer.take(event).flatMap { self.frames($0) }
      }
    return sent(frames)
  }

  /// Tokens may come and say nothing yet, as in the middle of a call; that is silence too.
  private mutating func sent(_ frames: [ByteBuffer]) -> [ByteBuffer] {
    let now = ContinuousClock.now
    guard frames.isEmpty else {
      lastSent = now
      return frames
    }
    guard now - lastSent > keepAlive else { return [] }
    lastSent = now
    return [wire.keepAlive(progress: progress)]
  }

  /// Told when nobody will take the rest.
  mutating func abandon() {
    report.abandoned()
    wire.abandoned()
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
