/// The engine's figures, written by its thread once per step and read by anyone.
final class StatusBoard: Sendable {
  private struct Figures {
    var status = EngineStatus()
    var rejected = 0
    /// Running average of how long a request runs; nil before the first one has ended.
    var secondsPerRequest: Double?
  }

  private let parallel: Int
  private let figures = Locked(Figures())

  init(parallel: Int) {
    self.parallel = parallel
  }

  var status: EngineStatus {
    figures.withLock {
      var status = $0.status
      status.rejected = $0.rejected
      return status
    }
  }

  func publish(_ status: EngineStatus) {
    figures.withLock { $0.status = status }
  }

  /// Learns from a request that ended how long places in the queue take to become free.
  func requestRan(seconds: Double) {
    figures.withLock {
      $0.secondsPerRequest = $0.secondsPerRequest.map { $0 + (seconds - $0) / 8 } ?? seconds
    }
  }

  /// Counts a refusal and says when a place in the queue can be expected.
  func rejected() -> Duration {
    figures.withLock {
      $0.rejected += 1
      // Requests that run `parallel` at a time end this far apart on average.
      let interval = ($0.secondsPerRequest ?? 0) / Double(parallel)
      return .seconds(max(1, interval.rounded(.up)))
    }
  }
}
