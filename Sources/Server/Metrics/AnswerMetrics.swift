import Runtime
import Synchronization

/// How long clients wait: for the first token, for each further one, in the queue, for all of it.
final class AnswerMetrics: Sendable {
  struct Figures: Sendable {
    var firstToken = Histogram(Histogram.bounds(from: 0.01, to: 1000))
    var nextToken = Histogram(Histogram.bounds(from: 0.001, to: 10))
    var queue = Histogram(Histogram.bounds(from: 0.001, to: 1000))
    var request = Histogram(Histogram.bounds(from: 0.01, to: 1000))
  }

  private let content = Mutex(Figures())

  var figures: Figures { content.withLock { $0 } }

  func update(_ change: (inout Figures) -> Void) { content.withLock { change(&$0) } }
}

/// Follows one answer's events and measures the time between them.
struct AnswerWatch: Sendable {
  private let metrics: AnswerMetrics
  private let start = ContinuousClock.now
  private var lastToken: ContinuousClock.Instant?

  init(_ metrics: AnswerMetrics) { self.metrics = metrics }

  mutating func see(_ event: GenerationEvent) {
    switch event {
    case .prefill, .promptTokens, .failed: break
    case .token: seeToken(at: .now)
    case .finished(let result):
      let time = seconds(from: start, to: .now)
      metrics.update {
        $0.queue.observe(result.queueSeconds)
        $0.request.observe(time)
      }
    }
  }

  private mutating func seeToken(at now: ContinuousClock.Instant) {
    let before = lastToken
    metrics.update {
      if let before {
        $0.nextToken.observe(seconds(from: before, to: now))
      } else {
        $0.firstToken.observe(seconds(from: start, to: now))
      }
    }
    lastToken = now
  }
}
