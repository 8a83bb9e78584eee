import Foundation
import Synchronization

/// Cores that this process may use.
var processorCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

/// Counts what threads have finished.
final class Counter: Sendable {
  private let count = Mutex(0)

  func increment() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}
