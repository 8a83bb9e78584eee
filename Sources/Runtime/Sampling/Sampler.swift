import Foundation

/// Chooses the tokens of one sequence from its logits.
struct Sampler {
  /// Why no token can be chosen.
  typealias Failure = GenerationFailure

  private let parameters: SamplingParameters
  private let random: CounterRandom
  /// Tokens never chosen at the moment: see `ban`.
  private(set) var banned: Set<Int32> = []
  private var history: TokenHistory?
  private var chosen = 0

  init(parameters: SamplingParameters, prompt: [Int32]) {
    self.parameters = parameters
    random = CounterRandom(seed: parameters.seed ?? UInt64.random(in: 0 ... .max))
    if parameters.looksBack {
      history = TokenHistory(prompt: prompt, window: parameters.penaltyWindow)
    }
  }

  /// The tokens that may not be chosen from now on.
  mutating func ban(_ tokens: Set<Int32>) {
    banned = tokens
  }

  /// Chooses the next token. `row` is changed meanwhile and is as before in the end.
  ///
  /// - Parameter masked: the row with what may not come next, banned tokens too, at minus infinity;
  ///   it is what the token is drawn from. Log-probabilities are those of `row`.
  mutating func choose(from row: LogitRow, masked: LogitRow? = nil) throws(Failure)
    -> GeneratedToken
  {
    var edits = LogitEdits(masked ?? row)
    applyBias(&edits)
    if masked == nil { applyBans(&edits) }
    applyPenalties(&edits)
    let id = try draw(&edits)
    edits.undo()
    advance(past: id)
    guard let wanted = parameters.topLogprobs else { return GeneratedToken(id: id) }
    return try Self.report(id, in: row, top: wanted)
  }

  /// Takes a token that was not drawn, so that the ones after it come out as if it had been.
  mutating func advance(past token: Int32) {
    chosen += 1
    history?.append(token)
  }

  // MARK: Logits

  private func applyBias(_ edits: inout LogitEdits) {
    for (token, bias) in parameters.logitBias { edits.change(token) { $0 + bias } }
  }

  private func applyBans(_ edits: inout LogitEdits) {
    for token in banned { edits.change(token) { _ in -.infinity } }
  }

  private func applyPenalties(_ edits: inout LogitEdits) {
    guard let history else { return }
    let repetition = parameters.repetitionPenalty
    if repetition != 1 {
      for token in history.counts.keys {
        edits.change(token) { $0 > 0 ? $0 / repetition : $0 * repetition }
      }
    }
    let (presence, frequency) = (parameters.presencePenalty, parameters.frequencyPenalty)
    if presence != 0 || frequency != 0 {
      for (token, count) in history.answerCounts {
        edits.change(token) { $0 - presence - Float(count) * frequency }
      }
    }
    if let dry = parameters.dry {
      for (token, length) in dry.continuations(of: history.tokens) {
        edits.change(token) { $0 - dry.penalty(length: length) }
      }
    }
  }

  // MARK: Choice

  private func draw(_ edits: inout LogitEdits) throws(Failure) -> Int32 {
    let row = edits.row
    let scan = row.scan()
    try Self.check(scan)
    guard parameters.temperature > 0 else { return try found(row.mostLikely(scan)) }
    // A temperature near 0 has an inverse beyond what floats can hold.
    let scale = min(1 / parameters.temperature, .greatestFiniteMagnitude)
    let scaled = ScaledRow(row: row, scan: scan, scale: scale)
    let u = random.uniform(.draw, at: chosen)
    switch scaled.survivors(parameters) {
    case .list(var left):
      if let xtc = activeXTC {
        left.drop(left.topChoices(atLeast: left.mass * Double(xtc.threshold)))
      }
      return try found(left.draw(target: u * left.mass))
    case .region(let region):
      if let xtc = activeXTC {
        let top = scaled.topChoices(xtc.threshold, of: region)
        for id in top { edits.change(id) { _ in -.infinity } }
      }
      return try found(scaled.draw(u, from: region))
    }
  }

  /// XTC, if it strikes this time.
  private var activeXTC: ExcludeTopChoices? {
    guard let xtc = parameters.xtc,
      random.uniform(.excludeTopChoices, at: chosen) < Double(xtc.probability)
    else { return nil }
    return xtc
  }

  private static func check(_ scan: LogitRow.Scan) throws(Failure) {
    if scan.maximum.isFinite { return }
    guard scan.maximum == -.infinity else {
      throw Failure(reason: "the model's logits are not finite numbers")
    }
    throw Failure(
      reason: "no token is allowed to come next: the model's logits, the request's logit_bias or"
        + " its grammar rule all of them out", isRequests: true)
  }

  private func found(_ id: Int32?) throws(Failure) -> Int32 {
    guard let id else { throw Failure(reason: "no token is left to choose from") }
    return id
  }

  // MARK: Log-probabilities

  /// A token with its log-probability in a row of the model's own logits, and the most likely ones.
  static func report(_ id: Int32, in row: LogitRow, top wanted: Int) throws(Failure)
    -> GeneratedToken
  {
    let scan = row.scan()
    try check(scan)
    let scaled = ScaledRow(row: row, scan: scan, scale: 1)
    let logTotal = scan.maximum + Float(log(scaled.mass().total))
    let top = scaled.listed(scaled.mostLikely(wanted)).entries.sorted(by: Candidates.isMoreLikely)
    return GeneratedToken(
      id: id, logprob: row[id] - logTotal,
      top: top.map { TokenLogprob(id: $0.id, logprob: row[$0.id] - logTotal) })
  }
}

extension SamplingParameters {
  /// Whether the choice depends on the tokens so far, beyond the logits.
  fileprivate var looksBack: Bool {
    repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0 || dry != nil
  }
}

/// A row with single entries changed, and how to take that back.
struct LogitEdits {
  let row: LogitRow
  private var originals: [(id: Int32, value: Float)] = []

  init(_ row: LogitRow) {
    self.row = row
  }

  /// Changes one entry; ids outside the vocabulary are nobody's.
  mutating func change(_ id: Int32, _ update: (Float) -> Float) {
    guard id >= 0, Int(id) < row.values.count else { return }
    originals.append((id, row[id]))
    row[id] = update(row[id])
  }

  mutating func undo() {
    for original in originals.reversed() { row[original.id] = original.value }
    originals = []
  }
}
