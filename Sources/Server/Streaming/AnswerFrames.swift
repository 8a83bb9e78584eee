import Hummingbird
import Runtime

/// Turns the events of answers into the frames of their stream.
struct AnswerFrames<Wire: ChoicesWire> {
  private var choices: Choices
  private var wire: Wire
  private let report: AnswerReport
  private let keepAlive: Duration
  private var progress = "waiting"
  private var lastSent = ContinuousClock.now
  private(set) var isFinished = false

  init(
    _ choices: Choices, wire: Wire, report: AnswerReport, keepAlive: Duration = .seconds(3)
  ) {
    self.choices = choices
    self.wire = wire
    self.report = report
    self.keepAlive = keepAlive
  }

  mutating func begin() -> [ByteBuffer] { wire.begin() }

  mutating func take(_ pulse: Pulse<(Int, GenerationEvent)>) -> [ByteBuffer] {
    let frames: [ByteBuffer] =
      switch pulse {
      case .silence: [wire.keepAlive(progress: progress)]
      case .element((let choice, let event)):
        choices.take(choice, event).flatMap { isFinished ? [] : self.frames($0) }
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

  private mutating func frames(_ event: Choices.Event) -> [ByteBuffer] {
    switch event {
    case .progress(let now):
      progress = "prompt \(now.done)/\(now.total)"
      return wire.frames(now)
    case .delta(let delta, let choice, let usage):
      return wire.frames(delta, of: choice, usageSoFar: usage)
    case .finished(let choice, let summary, let all):
      if let all {
        isFinished = true
        report.finished(all)
      }
      return wire.end(of: choice, summary, all: all)
    case .failed(let failure):
      isFinished = true
      report.failed(failure.reason)
      return wire.failure(APIError(failure))
    }
  }
}
