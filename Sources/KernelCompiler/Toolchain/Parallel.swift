import Foundation
import Synchronization

/// Runs jobs side by side, each on a thread of its own, and throws the first error once all ended.
func inParallel(_ jobs: [@Sendable () throws -> Void]) throws {
  if jobs.count == 1 { return try jobs[0]() }
  let failure = Mutex<(any Error)?>(nil)
  let group = DispatchGroup()
  for job in jobs {
    group.enter()
    let thread = Thread {
      do {
        try job()
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
      group.leave()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  group.wait()
  if let error = failure.withLock({ $0 }) { throw error }
}

/// A job on a thread of its own, which somebody will wait for.
final class BackgroundJob: Sendable {
  private let failure = Mutex<(any Error)?>(nil)
  private let group = DispatchGroup()

  init(_ job: @escaping @Sendable () throws -> Void) {
    group.enter()
    Thread.detachNewThread { [self] in
      do {
        try job()
      } catch {
        failure.withLock { $0 = error }
      }
      group.leave()
    }
  }

  /// Waits for its end, and throws what it threw.
  func wait() throws {
    group.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
