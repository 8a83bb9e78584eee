import Foundation

/// Does work that takes its time, such as compiling a grammar or tokenising a long prompt, on a
/// thread that isn't the cooperative pool's: those few carry the streams of all clients.
func offPool<Result: Sendable>(
  _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    WorkerThreads.shared.run { continuation.resume(with: Swift.Result(catching: work)) }
  }
}

/// Begins such work that nobody waits for.
func startOffPool(_ work: @escaping @Sendable () -> Void) { WorkerThreads.shared.run(work) }

/// Threads for pieces of work, made as they are needed and kept. There may be more of them than
/// processors, so that a quick piece needn't wait for slow ones; dispatch's queues have no more.
///
/// Everything mutable is touched with `condition` locked.
private final class WorkerThreads: @unchecked Sendable {
  static let shared = WorkerThreads()

  private static let most = 64
  private static let stackBytes = 2 << 20
  private let condition = NSCondition()
  private var waiting: [@Sendable () -> Void] = []
  private var idle = 0
  private var threads = 0

  func run(_ work: @escaping @Sendable () -> Void) {
    condition.withLock {
      waiting.append(work)
      if waiting.count > idle, threads < Self.most { start() }
      condition.signal()
    }
  }

  private func start() {
    threads += 1
    let thread = Thread { [self] in
      while true { next()() }
    }
    thread.name = "worker"
    thread.stackSize = Self.stackBytes
    thread.start()
  }

  private func next() -> @Sendable () -> Void {
    condition.withLock {
      idle += 1
      while waiting.isEmpty { condition.wait() }
      idle -= 1
      return waiting.removeFirst()
    }
  }
}
