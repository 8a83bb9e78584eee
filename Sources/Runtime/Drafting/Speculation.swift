/// Decides for each stream whether its next tokens are guessed, and by whom: by looking them up in
/// its own text, or by a draft model.
///
/// All costs and chances are measured, and a guess is only tried where it is expected to save more
/// than it takes.
struct Speculation {
  /// A stream that will have one row in the next step.
  struct Stream {
    var id: Int
    var tokens: [Int32]
    var generation: Generation
  }

  /// How well the draft model knows a stream.
  private struct Record {
    /// Running share of its guesses that came true, each after those before it.
    var accuracy: Double
    /// Guesses that the next step tries.
    var guessed = 0
    /// Tokens since it was last asked, and after how many it is asked again though it didn't pay.
    var sinceGuess = 0
    var patience = Speculation.firstPatience
  }

  private static let firstPatience = 8
  private static let mostPatience = 1024
  /// What is hoped of a draft model until it is known.
  private static let assumedAccuracy = 0.6
  private static let assumedSize = 0.2

  private let model: DraftModel?
  private let clock: StepClock
  /// The share of the served model's weights that the draft model has.
  private let size: Double
  private var records: [Int: Record] = [:]
  /// Over all streams of late.
  private var accuracy = Speculation.assumedAccuracy
  private(set) var seconds = 0.0

  init(model: DraftModel?, weightBytes: Int, clock: StepClock) {
    self.model = model
    self.clock = clock
    let isKnown = weightBytes > 0 && model != nil
    size = isKnown ? Double(model?.weightBytes ?? 0) / Double(weightBytes) : Self.assumedSize
  }

  /// Tokens to try in the next step, by stream.
  ///
  /// - Parameter rows: most tokens of all streams together.
  mutating func drafts(for streams: [Stream], pace: StepPace, rows: Int) -> [Int: [Int32]] {
    var drafts: [Int: [Int32]] = [:]
    var wishes: [DraftModel.Wish] = []
    for stream in streams {
      let value = pace.drafting(
        accuracy: stream.generation.draftAccuracy, generating: streams.count)
      let guess = stream.generation.draft(value.length)
      if !guess.isEmpty { drafts[stream.id] = guess }
      let least = guess.isEmpty ? 0 : value.gain
      let count = min(modelLength(stream, pace, streams.count, beating: least), rows)
      if count > 0 {
        wishes.append(DraftModel.Wish(stream: stream.id, tokens: stream.tokens, count: count))
      }
    }
    guard let model, !wishes.isEmpty else { return drafts }
    let share = max(1, rows / wishes.count)
    for index in wishes.indices { wishes[index].count = min(wishes[index].count, share) }
    let start = clock.now()
    let guesses = model.guess(wishes, lateSeconds: lateSeconds(pace))
    seconds += clock.now() - start
    for stream in streams {
      let guess = stream.generation.allowed(guesses[stream.id] ?? [])
      guard !guess.isEmpty else { continue }
      drafts[stream.id] = guess
      records[stream.id]?.guessed = guess.count
      records[stream.id]?.sinceGuess = 0
    }
    return drafts
  }

  /// How many tokens the draft model should guess for a stream; 0 where that doesn't pay.
  private mutating func modelLength(
    _ stream: Stream, _ pace: StepPace, _ generating: Int, beating least: Double
  ) -> Int {
    guard let model, let step = pace.generatingStepSeconds else { return 0 }
    var record = records[stream.id] ?? Record(accuracy: accuracy)
    record.sinceGuess += 1
    defer { records[stream.id] = record }
    let extra = model.guessSeconds.map { $0 / step } ?? size
    let value = pace.drafting(
      accuracy: record.accuracy, generating: generating, extra: extra)
    let isProbe = record.sinceGuess >= record.patience
    guard value.length > 0 && value.gain > least || isProbe && extra < 1 else { return 0 }
    return min(max(value.length, 1), stream.generation.room)
  }

  /// Catching up with a text is an investment: the more of a step as guesses come true more often.
  private func lateSeconds(_ pace: StepPace) -> Double {
    let share = min(max(accuracy - 0.4, 0.05), 0.5)
    return (pace.generatingStepSeconds ?? 0) * share
  }

  /// Of the tokens that were tried for a stream, so many came true.
  mutating func observe(_ stream: Int, accepted: Int, tried: Int) {
    guard var record = records[stream], record.guessed > 0 else { return }
    record.guessed = 0
    defer { records[stream] = record }
    // A prompt came between, and the guesses weren't tried.
    guard tried > 0 else { return }
    for place in 0..<min(accepted + 1, tried) {
      let hit = place < accepted ? 1.0 : 0
      record.accuracy += (hit - record.accuracy) / 8
      accuracy += (hit - accuracy) / 64
    }
    record.patience =
      accepted > 0 ? Self.firstPatience : min(2 * record.patience, Self.mostPatience)
  }

  mutating func leave(_ stream: Int) {
    records[stream] = nil
    model?.leave(stream)
  }
}
