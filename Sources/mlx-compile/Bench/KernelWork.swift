import ModelFiles

/// Some steps that were timed, in the units that costs are counted in.
struct Passage {
  var steps = 0
  /// Of all steps together.
  var rows = 0
  /// Steps with logits, and rows whose logits were wanted.
  var logitSteps = 0
  var logitRows = 0
  /// Positions that rows attended to, over all rows, and over those whose logits were wanted.
  var attended = 0
  var logitAttended = 0
  /// Positions whose keys and values a step had to read, over all sequences and steps, and over
  /// those with rows whose logits were wanted.
  var positionsRead = 0
  var logitPositionsRead = 0

  /// A step of one row for each of `sequences`, which then holds `depth` positions.
  mutating func addDecode(sequences: Int, depth: Int) {
    steps += 1
    logitSteps += 1
    rows += sequences
    logitRows += sequences
    attended += sequences * depth
    logitAttended += sequences * depth
    positionsRead += sequences * depth
    logitPositionsRead += sequences * depth
  }

  /// A whole prompt of one sequence in steps of at most `maximumRows`, with its last row's logits.
  mutating func addPrompt(tokens: Int, maximumRows: Int) {
    logitSteps += 1
    logitRows += 1
    rows += tokens
    attended += tokens * (tokens + 1) / 2
    logitAttended += tokens
    logitPositionsRead += tokens
    for start in stride(from: 0, to: tokens, by: maximumRows) {
      steps += 1
      positionsRead += min(start + maximumRows, tokens)
    }
  }
}

/// What one kernel read and computed in some steps.
struct KernelWork {
  let bytes: Double
  let int8Operations: Double
  let int16Operations: Double
  let bf16Operations: Double
  let floatOperations: Double

  var operations: Double { int8Operations + int16Operations + bf16Operations + floatOperations }

  init(_ cost: BundleManifest.KernelCost, _ passage: Passage) {
    // Costs are of all calls together.
    let wanted = Double(cost.wantedCalls) / Double(max(cost.calls, 1))
    func all(_ cost: Int, times count: Int, wanted wantedCount: Int) -> Double {
      Double(cost) * (Double(count) * (1 - wanted) + Double(wantedCount) * wanted)
    }
    bytes =
      all(cost.weightBytes, times: passage.steps, wanted: passage.logitSteps)
      + all(
        cost.pageBytesPerPosition, times: passage.positionsRead, wanted: passage.logitPositionsRead)
    int8Operations = all(
      cost.int8OperationsPerRow, times: passage.rows, wanted: passage.logitRows)
    int16Operations = all(
      cost.int16OperationsPerPosition, times: passage.attended, wanted: passage.logitAttended)
    bf16Operations = all(
      cost.bf16OperationsPerRow, times: passage.rows, wanted: passage.logitRows)
    floatOperations =
      all(
        cost.operationsPerRow - cost.int8OperationsPerRow - cost.bf16OperationsPerRow,
        times: passage.rows, wanted: passage.logitRows)
      + all(
        cost.operationsPerPosition - cost.int16OperationsPerPosition, times: passage.attended,
        wanted: passage.logitAttended)
  }
}

/// The time that each kernel of a compiled model takes, read after some steps.
final class KernelClock {
  let seconds: UnsafeMutableBufferPointer<Double>

  init(kernels: Int) {
    seconds = .allocate(capacity: max(kernels, 1))
    seconds.initialize(repeating: 0)
  }

  deinit { seconds.deallocate() }

  /// What was added since the last call.
  func take() -> [Double] {
    defer { seconds.update(repeating: 0) }
    return Array(seconds)
  }
}

/// What the kernels took in every round, and what they did.
struct KernelProfile {
  private(set) var passages: [Passage] = []
  private var rounds: [[Double]] = []

  mutating func add(_ passage: Passage, seconds: [Double]) {
    passages.append(passage)
    rounds.append(seconds)
  }

  /// Of one kernel in one step of generation, or one prompt: the median of the rounds.
  func seconds(kernel: Int, per unit: (Passage) -> Int) -> Double {
    Samples(
      zip(rounds, passages).map { seconds, passage in
        seconds[kernel] / Double(max(unit(passage), 1))
      }
    ).median
  }
}
