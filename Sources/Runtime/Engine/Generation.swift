/// A request inside the engine: its ticket, its sampler and its times.
struct Generation {
  let ticket: Ticket
  private var sampler: Sampler
  /// Made with the first token: a prompt that is cancelled needs none.
  private var drafter: Drafter?
  /// Most tokens to generate, from the request and the context size.
  let limit: Int
  /// Tokens that end it.
  private let ends: Set<Int32>
  private let neverChosen: Set<Int32>
  private(set) var generated = 0
  private var start: ContinuousClock.Instant?
  private var firstToken: ContinuousClock.Instant?

  init(_ ticket: Ticket, contextSize: Int) {
    let request = ticket.request
    self.ticket = ticket
    sampler = Sampler(parameters: request.sampling, prompt: request.prompt)
    let room = contextSize - request.prompt.count
    limit = min(request.maximumTokens.map { max($0, 0) } ?? room, room)
    if request.ignoreEndOfSequence {
      neverChosen = request.endOfSequenceTokens.subtracting(request.stopTokens)
      ends = request.stopTokens
    } else {
      neverChosen = []
      ends = request.stopTokens.union(request.endOfSequenceTokens)
    }
    banTokens()
  }

  private mutating func banTokens() {
    let tooEarly = generated < ticket.request.minimumTokens
    sampler.ban(tooEarly ? neverChosen.union(ends) : neverChosen)
  }

  /// It has rows in a step for the first time.
  mutating func begin(at now: ContinuousClock.Instant) {
    if start == nil { start = now }
  }

  /// Chooses the next token; nil if there is none to choose.
  mutating func choose(from row: LogitRow) throws(Sampler.Failure) -> GeneratedToken? {
    guard generated < limit else { return nil }
    let token = try sampler.choose(from: row)
    if firstToken == nil {
      firstToken = .now
      drafter = Drafter(prompt: ticket.request.prompt)
    }
    drafter?.append(token.id)
    generated += 1
    if generated == ticket.request.minimumTokens { banTokens() }
    return token
  }

  var draftAccuracy: Double { drafter?.accuracy ?? 0 }

  /// Up to `count` tokens that may come next, and that there is room for.
  func draft(_ count: Int) -> [Int32] {
    drafter?.guess(min(count, limit - generated - 1)) ?? []
  }

  /// Why it ends after this token; nil if it goes on.
  func end(after token: Int32) -> GenerationResult.Reason? {
    if ends.contains(token) { return .stop(token) }
    return generated >= limit ? .length : nil
  }

  func result(_ reason: GenerationResult.Reason, cachedTokens: Int) -> GenerationResult {
    let now = ContinuousClock.now
    var result = GenerationResult(reason: reason)
    result.promptTokens = ticket.request.prompt.count
    result.cachedTokens = cachedTokens
    result.generatedTokens = generated
    result.queueSeconds = seconds(from: ticket.arrival, to: start ?? now)
    result.prefillSeconds = start.map { seconds(from: $0, to: firstToken ?? now) } ?? 0
    result.generateSeconds = firstToken.map { seconds(from: $0, to: now) } ?? 0
    return result
  }

  /// How long it has been running.
  var runSeconds: Double { start.map { seconds(from: $0, to: .now) } ?? 0 }
}

func seconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Double {
  let (seconds, attoseconds) = (end - start).components
  return Double(seconds) + Double(attoseconds) * 1e-18
}
