import Foundation

@testable import Runtime

/// Time that passes only when a model says so.
final class MadeUpTime: @unchecked Sendable {
  private let lock = NSLock()
  private var seconds = 0.0

  func pass(_ duration: Double) { lock.withLock { seconds += duration } }

  var clock: StepClock { StepClock { self.lock.withLock { self.seconds } } }
}
