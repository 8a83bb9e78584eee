/// The engine's figures, written by its thread once per step and read by anyone.
final class StatusBoard: Sendable {
  private struct Figures {
    var status = EngineStatus()
    var rejected = 0
    /// Until a place in the queue becomes free.
    var wait = 0.0
  }

  private let figures = Locked(Figures())

  var status: EngineStatus {
    figures.withLock {
      var status = $0.status
      status.rejected = $0.rejected
      return status
    }
  }

  /// - Parameter wait: seconds until a place in the queue can be expected.
  func publish(_ status: EngineStatus, wait: Double) {
    figures.withLock { ($0.status, $0.wait) = (status, wait) }
  }

  /// Counts a refusal and says when a place in the queue can be expected.
  func rejected() -> Duration {
    figures.withLock {
      $0.rejected += 1
      return .seconds(min(max(1, $0.wait.rounded(.up)), 3600))
    }
  }
}
