/// How much more than the next tokens of the running streams a step can carry.
///
/// Goes by the cost curve that was measured when the model was compiled, corrected by how long the
/// steps really take here; without one it learns what a row more costs. Prompt rows may slow the
/// streams a little, drafted rows must earn more than they cost.
struct StepPace {
  /// A step that also carries rows of a long prompt is planned to take this much longer at first.
  /// Single steps vary: where some come out longer than `longestStretch`, shorter ones are planned,
  /// and longer ones again where none does.
  static let firstStretch = 2.2
  static let stretches = 1.4...2.6
  /// What streams are promised is 3 times; some of it goes to choosing tokens and sending them,
  /// which where a step of one stream takes 20 ms is a tenth of it and more.
  static let longestStretch = 2.75
  /// How much a step too long takes off, and one that isn't adds: in balance, one of 250 is.
  static let stretchChange = (tooLong: -0.1, good: 0.0004)
  /// A step that also carries rows of a short prompt may take this long; short is what takes no
  /// longer than `shortPromptSeconds` in all. When eight prompts of 270 tokens come at once to two
  /// cores with AVX2, a row of a step of 8 takes 6 ms, of one of 32 rows 5, of one of 64 rows 4.5;
  /// and the sooner all are in, the more streams share the steps after them.
  static let briskStepSeconds = 0.2
  static let shortPromptSeconds = 3.0
  /// A step of prompts alone should take at most this long: nobody new gets in while it runs.
  static let loneStepSeconds = 0.25
  /// A prompt goes on by as many rows in any case, however deep in its context they are: reading
  /// 7000 positions takes two of them as long as four (Qwen3-0.6B shape, 31 and 32 ms).
  static let fewestRows = 4
  /// After so many steps with prompts in them, one of the streams alone tells what they take now: at
  /// the end of a long prompt they are deeper in their own contexts than at its beginning.
  static let stepsBetweenAlone = 16
  /// What a drafted row is assumed to cost until it is known, in steps without any.
  static let assumedDraftCost = 0.3
  static let longestDraft = 8

  private let maximumRows: Int
  private let cost: StepCost?
  private var generatingSeconds = Average(memory: 8)
  /// The same by the number of streams: eight take longer than one, and while their prompts come in
  /// one after the other no step is theirs alone.
  private var streamSeconds: [Int: Median] = [:]
  /// Beyond what the streams beside them take; used without a cost curve.
  private var secondsPerPromptRow = Average(memory: 8)
  /// How much longer steps of streams alone take than the cost curve says.
  private var slowness = Average(memory: 8)
  /// What a prompt row takes beyond that: at a great depth it attends to much.
  private var extraSecondsPerPromptRow = Average(memory: 8)
  /// The share of what the curve says of prompt rows that they do take: below 1 where it was
  /// measured while the machine was busy.
  private var promptShare = Average(memory: 8)
  /// In steps without drafted rows.
  private var draftCost = Average(memory: 8)
  private var stretch = Self.firstStretch
  /// Steps with prompts beside streams since one of streams alone.
  private var stepsSinceAlone = 0

  init(maximumRows: Int, cost: StepCost? = nil) {
    self.maximumRows = maximumRows
    self.cost = cost
  }

  // MARK: Prompts

  /// For the next step, beside that many streams. Fixed small chunks until there is something to
  /// go by.
  func promptBudget(generating: Int) -> PromptBudget {
    guard cost != nil || secondsPerPromptRow.value != nil else {
      return PromptBudget(
        alone: min(128, maximumRows), gentle: min(32, maximumRows), brisk: 0, shortPrompt: 0)
    }
    let perRow = max(seconds(prompt: maximumRows, beside: 0) / Double(maximumRows), 1e-9)
    return PromptBudget(
      alone: max(rows(in: Self.loneStepSeconds, beside: 0), min(64, maximumRows)),
      gentle: gentleRows(beside: generating),
      brisk: rows(in: Self.briskStepSeconds, beside: generating),
      shortPrompt: Int(min(Self.shortPromptSeconds / perRow, 1e9)),
      waits: stepsSinceAlone >= Self.stepsBetweenAlone)
  }

  /// As many rows of prompts as leave the running streams their pace.
  private func gentleRows(beside generating: Int) -> Int {
    rows(in: stretch * seconds(streams: max(generating, 1)), beside: generating)
  }

  /// How long a step of that many streams alone takes; 0 where nothing is known.
  private func seconds(streams: Int) -> Double {
    if let known = streamSeconds[streams]?.value { return known }
    if let expected = expected(rows: streams) { return expected }
    let fewer = streamSeconds.keys.filter { $0 < streams }.max()
    return fewer.flatMap { streamSeconds[$0]?.value } ?? generatingSeconds.value ?? 0
  }

  /// What the cost curve says of a step here, if there is one.
  private func expected(rows: Int) -> Double? {
    cost.map { $0.seconds(rows: rows) * (slowness.value ?? 1) }
  }

  /// How long a step takes with that many rows of prompts.
  private func seconds(prompt rows: Int, beside generating: Int) -> Double {
    if let base = expected(rows: max(generating, 1)), let all = expected(rows: rows + generating) {
      return base + (all - base) * (promptShare.value ?? 1)
        + (extraSecondsPerPromptRow.value ?? 0) * Double(rows)
    }
    let base = generating > 0 ? seconds(streams: generating) : 0
    return base + (secondsPerPromptRow.value ?? 0) * Double(rows)
  }

  /// The most prompt rows with which a step takes no longer than that.
  private func rows(in limit: Double, beside generating: Int) -> Int {
    var (fits, over) = (min(Self.fewestRows, maximumRows), maximumRows + 1)
    while over - fits > 1 {
      let middle = (fits + over) / 2
      if seconds(prompt: middle, beside: generating) <= limit {
        fits = middle
      } else {
        over = middle
      }
    }
    return fits
  }

  /// How long it takes to compute that much of a prompt while streams run, and to generate one
  /// token after it.
  func secondsToEnd(prompt rows: Int, tokens: Int, generating: Int) -> Double {
    let chunk = min(max(rows, 1), maximumRows)
    let prompt = seconds(prompt: chunk, beside: 0) * Double(rows) / Double(chunk)
    let step = seconds(streams: max(generating, 1))
    return (rows > 0 ? prompt : 0) + step * Double(tokens)
  }

  // MARK: Drafts

  /// A step of the running streams alone; nil before the first.
  var generatingStepSeconds: Double? { generatingSeconds.value }

  /// What guessing tokens is worth.
  struct DraftValue {
    /// How many to guess; 0 where it doesn't pay.
    var length = 0
    /// Tokens more than without, less what the guesses cost; 1 is a stream's share of a step.
    var gain = 0.0
  }

  /// How many tokens to draft for one of `generating` streams, of whose guesses the share
  /// `accuracy` comes true: the n-th helps with probability `accuracy ^ n`, and then saves that
  /// stream's share of a step.
  ///
  /// - Parameter extra: what a round of guesses for all streams takes beside their rows, in steps
  ///   without drafts.
  func drafting(accuracy: Double, generating: Int, extra: Double = 0) -> DraftValue {
    guard generatingSeconds.value != nil, accuracy > 0 else { return DraftValue() }
    let row = draftCost.value ?? assumedDraftCost(generating: generating)
    let cost = row * Double(max(generating, 1)) + extra
    var value = DraftValue()
    var chance = accuracy
    while value.length < Self.longestDraft, chance > cost {
      value.gain += chance - cost
      value.length += 1
      chance *= accuracy
    }
    return value
  }

  private func assumedDraftCost(generating: Int) -> Double {
    guard let cost else { return Self.assumedDraftCost }
    let base = cost.seconds(rows: max(generating, 1))
    let drafted = cost.seconds(rows: max(generating, 1) + Self.longestDraft)
    return (drafted / base - 1) / Double(Self.longestDraft)
  }

  // MARK: Learning

  /// Takes a step into account: of its rows, `generating` were streams' next tokens and `drafted`
  /// were guesses.
  mutating func observe(generating: Int, drafted: Int, rows: Int, seconds: Double) {
    let promptRows = rows - generating - drafted
    stepsSinceAlone = promptRows > 0 && generating > 0 ? stepsSinceAlone + 1 : 0
    if promptRows > 0 {
      adjustStretch(generating: generating, promptRows: promptRows, seconds: seconds)
      let base = generating > 0 ? self.seconds(streams: generating) : 0
      secondsPerPromptRow.add(max(seconds - base, 0) / Double(promptRows))
      if let base = expected(rows: max(generating, 1)), let expected = expected(rows: rows) {
        extraSecondsPerPromptRow.add(max(seconds - expected, 0) / Double(promptRows))
        if expected > base * 1.05 {
          promptShare.add(min(max((seconds - base) / (expected - base), 0.05), 1))
        }
      }
    } else if drafted > 0, let base = streamSeconds[generating]?.value ?? generatingSeconds.value,
      base > 0
    {
      draftCost.add(max(seconds / base - 1, 0) / Double(drafted))
    } else {
      generatingSeconds.add(seconds)
      streamSeconds[generating, default: Median()].add(seconds)
      if let cost { slowness.add(seconds / cost.seconds(rows: rows)) }
      // What was once too dear is tried again in time.
      draftCost.drift(towards: assumedDraftCost(generating: generating))
    }
  }

  /// Follows how far steps beside streams really stretch: their 99th percentile counts, and it is
  /// as far above what was planned as the machine is unsteady. Of the fewest rows nothing could have
  /// been taken off.
  private mutating func adjustStretch(generating: Int, promptRows: Int, seconds: Double) {
    guard generating > 0, let base = streamSeconds[generating]?.value,
      promptRows > Self.fewestRows, promptRows <= gentleRows(beside: generating)
    else { return }
    let isTooLong = seconds > Self.longestStretch * base
    stretch += isTooLong ? Self.stretchChange.tooLong : Self.stretchChange.good
    stretch = min(max(stretch, Self.stretches.lowerBound), Self.stretches.upperBound)
  }

  /// The median of the last samples, which single long steps don't move.
  struct Median {
    private static let memory = 15
    private var samples: [Double] = []
    private(set) var value: Double?

    mutating func add(_ sample: Double) {
      if samples.count == Self.memory { samples.removeFirst() }
      samples.append(sample)
      value = samples.sorted()[samples.count / 2]
    }
  }

  /// An average that forgets what is longer ago than some `memory` samples.
  struct Average {
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
