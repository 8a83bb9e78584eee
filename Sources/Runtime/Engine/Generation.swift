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
  /// The answer's first tokens, where the constraint leaves no choice.
  let opening: [Int32]
  private(set) var generated = 0
  /// Tokens of the prompt whose log-probabilities were sent, and the first, which has none.
  private var reported = 1
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
    opening = Self.opening(of: request, room: limit - 1, ending: ends.union(neverChosen))
    banTokens()
  }

  /// Forced tokens before the first that ends the answer, and with room for one more.
  private static func opening(
    of request: GenerationRequest, room: Int, ending: Set<Int32>
  ) -> [Int32] {
    guard let constraint = request.constraint, request.sampling.topLogprobs == nil, room > 0 else {
      return []
    }
    let forced = constraint.forcedTokens().prefix(room)
    return Array(forced.prefix { !ending.contains($0) && constraint.accept($0) })
  }

  private mutating func banTokens() {
    let tooEarly = generated < ticket.request.minimumTokens
    sampler.ban(tooEarly ? neverChosen.union(ends) : neverChosen)
  }

  /// It has rows in a step for the first time.
  mutating func begin(at now: ContinuousClock.Instant) {
    if start == nil { start = now }
  }

  /// The log-probability of the prompt's token at a position; nil where it was sent before, by a
  /// sequence that gave up its pages since.
  mutating func promptToken(at position: Int, from row: LogitRow) throws(Sampler.Failure)
    -> GeneratedToken?
  {
    guard let top = ticket.request.promptLogprobs, position == reported else { return nil }
    reported += 1
    return try Sampler.report(ticket.request.prompt[position], in: row, top: top)
  }

  var isConstrained: Bool { ticket.request.constraint != nil }

  /// Chooses the next token; nil if there is none to choose.
  mutating func choose(from row: LogitRow, _ mask: inout TokenMask) throws(Sampler.Failure)
    -> GeneratedToken?
  {
    guard let constraint = ticket.request.constraint, generated < limit else {
      return try choose(from: row)
    }
    let masked = mask.apply(constraint, banned: sampler.banned, to: row)
    if let reason = constraint.failure { throw Sampler.Failure(reason: reason, isRequests: true) }
    let token = try sampler.choose(from: row, masked: masked)
    guard constraint.accept(token.id) else {
      throw Sampler.Failure(
        reason: constraint.failure ?? "the request's grammar doesn't take token \(token.id)",
        isRequests: constraint.failure != nil)
    }
    count(token.id)
    return token
  }

  /// Chooses the next token where there is no constraint.
  mutating func choose(from row: LogitRow) throws(Sampler.Failure) -> GeneratedToken? {
    guard generated < limit else { return nil }
    let token = try sampler.choose(from: row)
    count(token.id)
    return token
  }

  /// The tokens that must follow those so far. Where log-probabilities are wanted the model is
  /// asked for each of them, and there are none.
  func forcedTokens() -> [Int32] {
    guard ticket.request.sampling.topLogprobs == nil else { return [] }
    return ticket.request.constraint?.forcedTokens() ?? []
  }

  /// Goes on with a token that no logits were needed for.
  mutating func take(forced token: Int32) throws(Sampler.Failure) {
    guard ticket.request.constraint?.accept(token) != false else {
      throw Sampler.Failure(
        reason: ticket.request.constraint?.failure
          ?? "the request's grammar doesn't take its own token \(token)",
        isRequests: ticket.request.constraint?.failure != nil)
    }
    follow(token)
  }

  /// Goes on with a token of the opening.
  mutating func follow(_ token: Int32) {
    sampler.advance(past: token)
    count(token)
  }

  private mutating func count(_ token: Int32) {
    if firstToken == nil {
      firstToken = .now
      drafter = Drafter(prompt: ticket.request.prompt)
    }
    drafter?.append(token)
    generated += 1
    if generated == ticket.request.minimumTokens { banTokens() }
  }

  var draftAccuracy: Double { drafter?.accuracy ?? 0 }

  /// Up to `count` tokens that may come next, and that there is room for.
  func draft(_ count: Int) -> [Int32] {
    allowed(drafter?.guess(min(count, room)) ?? [])
  }

  /// How many tokens may be guessed after the next one.
  var room: Int { max(limit - generated - 1, 0) }

  /// The beginning of some guessed tokens that the constraint would let pass.
  func allowed(_ guess: [Int32]) -> [Int32] {
    ticket.request.constraint?.allowedPrefix(guess) ?? guess
  }

  /// Why it ends after this token; nil if it goes on.
  func end(after token: Int32) -> GenerationResult.Reason? {
    // A token that is never chosen comes only where a constraint leaves nothing else.
    if ends.contains(token) || neverChosen.contains(token) { return .stop(token) }
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
}

func seconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Double {
  let (seconds, attoseconds) = (end - start).components
  return Double(seconds) + Double(attoseconds) * 1e-18
}
