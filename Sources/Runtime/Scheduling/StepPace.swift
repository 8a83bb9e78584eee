import Foundation

/// How much more than the next tokens of the running streams a step can carry.
///
/// Learns from the steps themselves what a row more costs: prompt rows may slow the streams a
/// little, drafted rows must earn more than they cost.
struct StepPace {
  /// A step that also carries rows of a long prompt should take at most this much longer.
  static let stretch = 2.5
  /// A step that also carries rows of a short prompt may take this long; short is what takes no
  /// longer than `shortPromptSeconds` in all.
  static let briskStepSeconds = 0.1
  static let shortPromptSeconds = 0.75
  /// A step of prompts alone should take at most this long: nobody new gets in while it runs.
  static let loneStepSeconds = 0.25
  /// Fewer prompt rows than this waste the weights that a step reads.
  static let fewestRows = 8
  /// What a drafted row is assumed to cost until it is known, in steps without any.
  static let assumedDraftCost = 0.3
  static let longestDraft = 8

  private let maximumRows: Int
  private var generatingSeconds = Average(memory: 8)
  private var secondsPerPromptRow = Average(memory: 8)
  /// In steps without drafted rows.
  private var draftCost = Average(memory: 8)

  init(maximumRows: Int) {
    self.maximumRows = maximumRows
  }

  /// For the next step. Fixed small chunks until there is something to go by.
  var promptBudget: PromptBudget {
    guard let perRow = secondsPerPromptRow.value else {
      return PromptBudget(
        alone: min(128, maximumRows), gentle: min(32, maximumRows), brisk: 0, shortPrompt: 0)
    }
    func rows(in seconds: Double) -> Int {
      max(Self.fewestRows, Int(min(seconds / max(perRow, 1e-9), Double(maximumRows))))
    }
    let base = generatingSeconds.value ?? 0
    return PromptBudget(
      alone: max(rows(in: Self.loneStepSeconds), min(64, maximumRows)),
      gentle: rows(in: (Self.stretch - 1) * base),
      brisk: rows(in: Self.briskStepSeconds - base),
      shortPrompt: Int(min(Self.shortPromptSeconds / max(perRow, 1e-9), 1e9)))
  }

  /// How many tokens to draft for one of `generating` streams, of whose guesses the share
  /// `accuracy` comes true: the n-th helps with probability `accuracy ^ n`, and then saves that
  /// stream's share of a step.
  func draftLength(accuracy: Double, generating: Int) -> Int {
    guard generatingSeconds.value != nil, accuracy > 0 else { return 0 }
    let cost = (draftCost.value ?? Self.assumedDraftCost) * Double(max(generating, 1))
    if cost >= accuracy { return 0 }
    let length = accuracy < 1 ? log(max(cost, 1e-6)) / log(accuracy) : .infinity
    return Int(min(length, Double(Self.longestDraft)))
  }

  /// Takes a step into account: of its rows, `generating` were streams' next tokens and `drafted`
  /// were guesses.
  mutating func observe(generating: Int, drafted: Int, rows: Int, seconds: Double) {
    let promptRows = rows - generating - drafted
    if promptRows > 0 {
      let base = generating > 0 ? generatingSeconds.value ?? 0 : 0
      secondsPerPromptRow.add(max(seconds - base, 0) / Double(promptRows))
    } else if drafted > 0, let base = generatingSeconds.value, base > 0 {
      draftCost.add(max(seconds / base - 1, 0) / Double(drafted))
    } else {
      generatingSeconds.add(seconds)
      // What was once too dear is tried again in time.
      draftCost.drift(towards: Self.assumedDraftCost)
    }
  }

  /// An average that forgets what is longer ago than some `memory` samples.
  private struct Average {
    let memory: Double
    private(set) var value: Double?

    mutating func add(_ sample: Double) {
      value = value.map { $0 + (sample - $0) / memory } ?? sample
    }

    mutating func drift(towards target: Double) {
      value = value.map { $0 + (target - $0) / 256 }
    }

    init(memory: Double) {
      self.memory = memory
    }
  }
}
