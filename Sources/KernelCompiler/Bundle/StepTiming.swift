import Machine
import ModelFiles

/// Times steps of a library on this machine: what a scheduler needs to know before it serves.
struct StepTiming {
  let runner: LibraryRunner
  let threads: Int

  /// All timings together, those of `always` excepted.
  private static let secondsAtMost = 0.45
  /// What the curve needs at least: a token, a batch, a piece of a prompt.
  private static let always = [1, 16, 64]
  /// The rest, what tells most about the curve first.
  private static let others = [4, 256, 2, 8, 32, 128, 512]
  /// Steps of so few rows are timed again, while there is time, until two times agree: a disturbance
  /// weighs more there.
  private static let fewRows = 16
  /// By so much, as a share, agreeing times differ at most.
  private static let agreement = 0.05

  /// Choices of `model_step.streams`, and how often each is timed.
  private static let streams = [1, 2, 4]
  private static let streamRounds = 2...5
  /// All timings of them, the least number of rounds excepted.
  private static let streamSeconds = 0.2

  /// Different numbers of rows of one sequence; what is beyond follows from the largest timed.
  func measure(maximumRows: Int) -> BundleManifest.StepCost {
    var times: [Int: [Double]] = [:]  // ascending
    var best: [Int: Double] { times.compactMapValues(\.first) }
    let streams = fastestStreams()
    runner.driver.streams = streams
    let started = ContinuousClock.now
    func time(_ rows: Int) { times[rows] = ((times[rows] ?? []) + [seconds(rows: rows)]).sorted() }
    func isInTime(_ rows: Int) -> Bool {
      started.duration(to: .now).seconds + Self.most(rows, best) <= Self.secondsAtMost
    }
    for rows in Self.always where rows <= maximumRows { time(rows) }
    for rows in Self.others where rows <= maximumRows && isInTime(rows) { time(rows) }
    let again = times.keys.filter { $0 <= Self.fewRows }.sorted()
    for rows in again + again where !Self.agree(times[rows] ?? []) && isInTime(rows) { time(rows) }
    return BundleManifest.StepCost(
      threads: threads, streams: streams,
      milliseconds: best.mapValues { ($0 * 1e6).rounded() / 1e3 })
  }

  /// How many blocks are read at once fastest, taking turns: the shortest time counts, since
  /// whatever else the machine does only adds to it.
  private func fastestStreams() -> Int {
    let started = ContinuousClock.now
    _ = seconds(rows: 1)  // wakes threads and clocks
    var best: [Int: Double] = [:]
    for round in 1...Self.streamRounds.upperBound {
      for streams in Self.streams {
        runner.driver.streams = streams
        best[streams] = min(best[streams] ?? .infinity, seconds(rows: 1))
      }
      let isOver = started.duration(to: .now).seconds > Self.streamSeconds
      if round >= Self.streamRounds.lowerBound, isOver { break }
    }
    return best.min { $0.value < $1.value }?.key ?? 0
  }

  /// Whether the two shortest of some ascending times are about the same.
  static func agree(_ times: [Double]) -> Bool {
    times.count > 1 && times[1] <= times[0] * (1 + agreement)
  }

  /// The most that so many rows can take: what more rows took, or fewer in proportion.
  static func most(_ rows: Int, _ known: [Int: Double]) -> Double {
    known.map { $0.key >= rows ? $0.value : $0.value * Double(rows) / Double($0.key) }.min()
      ?? .infinity
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
