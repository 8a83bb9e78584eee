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
