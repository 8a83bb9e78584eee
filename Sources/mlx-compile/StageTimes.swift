import Foundation
import KernelCompiler
import Synchronization

/// When each stage of a compile was first and last heard of: what `--timings` prints.
final class StageTimes: Sendable {
  private struct Span {
    let stage: CompileStage
    let start: Duration
    var end: Duration
  }

  private let started = ContinuousClock.now
  private let spans = Mutex<[Span]>([])

  func hear(_ stage: CompileStage) {
    let now = started.duration(to: .now)
    spans.withLock { spans in
      if let index = spans.firstIndex(where: { $0.stage == stage }) {
        spans[index].end = now
      } else {
        spans.append(Span(stage: stage, start: now, end: now))
      }
    }
  }

  /// A line for each stage in the order in which they began, in seconds since the start.
  var text: String {
    spans.withLock { spans in
      spans.map { span in
        String(
          format: "%6.2f – %6.2f s  %@\n", span.start.seconds, span.end.seconds,
          span.stage.rawValue)
      }.joined()
    }
  }
}
