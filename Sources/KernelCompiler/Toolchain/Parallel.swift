import Foundation
import Machine
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

/// Runs jobs in their order, as many side by side as there are processors for this process. With
/// the first failure no other job begins, and `stop` ends those under way.
func inOrder(
  _ jobs: [@Sendable () throws -> Void], stop: @escaping @Sendable () -> Void
) throws {
  let queue = JobQueue(jobs)
  let worker: @Sendable () throws -> Void = {
    while let job = queue.take() {
      do {
        try job()
      } catch {
        // Jobs that are ended fail, too, for no reason of their own.
        guard queue.close() else { return }
        stop()
        throw error
      }
    }
  }
  try inParallel(Array(repeating: worker, count: min(jobs.count, availableThreads())))
}

/// Jobs that several threads take in turn.
private final class JobQueue: Sendable {
  typealias Job = @Sendable () throws -> Void
  private let waiting: Mutex<ArraySlice<Job>?>

  init(_ jobs: [Job]) { waiting = Mutex(jobs[...]) }

  func take() -> Job? { waiting.withLock { $0?.popFirst() } }

  /// Gives out no more; whether this was the first to say so.
  func close() -> Bool {
    waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting != nil
    }
  }
}

/// What `transform` makes of each element, on all processors.
func concurrentMap<Element: Sendable, Result: Sendable>(
  _ elements: [Element], _ transform: @Sendable (Element) -> Result
) -> [Result] {
  let results = Mutex([Result?](repeating: nil, count: elements.count))
  DispatchQueue.concurrentPerform(iterations: elements.count) { index in
    let result = transform(elements[index])
    results.withLock { $0[index] = result }
  }
  return results.withLock { $0.compactMap(\.self) }
}

/// A job on a thread of its own, which somebody will wait for.
public final class BackgroundJob: Sendable {
  private let failure = Mutex<(any Error)?>(nil)
  private let group = DispatchGroup()

  public init(_ job: @escaping @Sendable () throws -> Void) {
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
  public func wait() throws {
    group.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
