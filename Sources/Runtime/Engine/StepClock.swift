/// Tells the engine how long its steps take; tests replace it, so that what hangs on measured times
/// comes out the same on any machine.
struct StepClock: Sendable {
  /// Seconds since some moment.
  let now: @Sendable () -> Double

  static let system = StepClock {
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }

  private static let start = ContinuousClock.now
}
