import Machine
import ModelFiles

/// Times steps of a library on this machine: what a scheduler needs to know before it serves.
struct StepTiming {
  let runner: LibraryRunner
  let threads: Int

  /// All timings together; what is beyond follows from the largest number of rows timed.
  private static let secondsAtMost = 1.5

  /// 1, 2, 4, … rows of one sequence.
  func measure(maximumRows: Int) -> BundleManifest.StepCost {
    var milliseconds: [Int: Double] = [:]
    let started = ContinuousClock.now
    var rows = 1
    while rows <= maximumRows, started.duration(to: .now).seconds < Self.secondsAtMost {
      let repetitions = rows <= 16 ? 3 : 1
      if rows == 1 { _ = seconds(rows: rows) }  // wakes threads and clocks
      let best = (0..<repetitions).map { _ in seconds(rows: rows) }.min() ?? 0
      milliseconds[rows] = (best * 1e6).rounded() / 1e3
      rows *= 2
    }
    return BundleManifest.StepCost(threads: threads, milliseconds: milliseconds)
  }

  private func seconds(rows: Int) -> Double {
    let step = (0..<rows).map { row in
      StepDriver.Row(token: Int32(row * 31 % runner.vocabulary), position: row)
    }
    let started = ContinuousClock.now
    runner.driver.step(step, wanted: [rows - 1])
    return started.duration(to: .now).seconds
  }
}

extension Duration {
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
