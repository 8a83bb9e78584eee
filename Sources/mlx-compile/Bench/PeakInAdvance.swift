import Foundation
import KernelCompiler
import Synchronization

/// Compiles the loops that measure arithmetic peaks while a model's own kernels are compiled; they
/// run later, alone.
final class PeakInAdvance: Sendable {
  private let target: String
  private let peak = Mutex<ArithmeticPeak?>(nil)
  private let isBegun = Mutex(false)
  private let group = DispatchGroup()

  init(target: String) { self.target = target }

  /// Begins, unless it did so before.
  func begin() {
    let isFirst = isBegun.withLock { isBegun in
      defer { isBegun = true }
      return !isBegun
    }
    guard isFirst else { return }
    group.enter()
    Thread.detachNewThread { [self] in
      let made = try? Roofline.peak(target: target)
      peak.withLock { $0 = made }
      group.leave()
    }
  }

  /// What was made for a target; nil where it was made for another, or not at all.
  func peak(of target: String) -> ArithmeticPeak? {
    guard target == self.target else { return nil }
    group.wait()
    return peak.withLock(\.self)
  }
}
