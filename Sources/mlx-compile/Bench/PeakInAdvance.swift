import KernelCompiler
import Synchronization

/// Compiles the loops that measure arithmetic peaks while a model's own kernels are compiled; they
/// run later, alone.
final class PeakInAdvance: Sendable {
  private let target: String
  private let peak = Mutex<ArithmeticPeak?>(nil)
  private let job = Mutex<BackgroundJob?>(nil)

  init(target: String) { self.target = target }

  /// Begins, unless it did so before.
  func begin() {
    job.withLock { job in
      guard job == nil else { return }
      job = BackgroundJob { [self] in
        let made = try Roofline.peak(target: target)
        peak.withLock { $0 = made }
      }
    }
  }

  /// What was made for a target; nil where it was made for another, or not at all.
  func peak(of target: String) -> ArithmeticPeak? {
    guard target == self.target, let job = job.withLock(\.self) else { return nil }
    try? job.wait()
    return peak.withLock(\.self)
  }
}
