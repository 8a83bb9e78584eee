/// What the engine is doing and has done, for /health and /metrics.
public struct EngineStatus: Sendable, Equatable {
  public var running = 0
  public var waiting = 0

  public var pagesTotal = 0
  /// Pages that running sequences use.
  public var pagesUsed = 0
  /// Pages that only the prefix cache keeps.
  public var pagesCached = 0

  public var steps = 0
  /// Rows of all steps: prompt tokens computed, generated tokens fed back, guesses tried.
  public var rows = 0
  public var promptTokens = 0
  public var cachedTokens = 0
  public var generatedTokens = 0

  /// Tokens that were guessed and tried, and those of them that came true.
  public var draftedTokens = 0
  public var acceptedTokens = 0
  /// Tokens that a constraint gave, so that the model wasn't asked.
  public var forcedTokens = 0

  public var finished = 0
  public var cancelled = 0
  public var failed = 0
  /// Refused because the queue was full.
  public var rejected = 0
  /// Sequences that gave up their pages for a while.
  public var preempted = 0

  /// Time inside the model, inside the sampler, and for telling clients of their tokens.
  public var stepSeconds = 0.0
  public var samplingSeconds = 0.0
  public var deliverySeconds = 0.0
  /// Time inside the draft model.
  public var draftSeconds = 0.0

  public init() {}
}
