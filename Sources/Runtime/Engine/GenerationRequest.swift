/// What a client asks of the engine: continue these tokens, like this, until then.
public struct GenerationRequest: Sendable {
  /// The name by which `Engine.cancel(id:)` finds it.
  public var id: String
  /// The id of the request that this is a part of; nil where it is a whole one. Parts take one place
  /// in the queue together, since none of them is of use without the others.
  public var whole: String?
  public var prompt: [Int32]
  /// Whom it is for, such as an API key or a connection: clients get equal shares of the engine.
  public var client = ""
  public var sampling: SamplingParameters
  /// Most tokens to generate; nil for what the context has room for.
  public var maximumTokens: Int?
  /// Tokens that end the generation; they are counted but not emitted.
  public var stopTokens: Set<Int32>
  /// The model's own end-of-sequence tokens: stop tokens unless `ignoreEndOfSequence` is set.
  public var endOfSequenceTokens: Set<Int32>
  /// Never choose an end-of-sequence token.
  public var ignoreEndOfSequence: Bool
  /// No stop or end-of-sequence token is chosen before this many tokens are generated.
  public var minimumTokens: Int
  /// What the answer must look like; nil for anything. Each request has its own, at its beginning.
  public var constraint: (any TokenConstraint)?

  /// With this many runners-up, the log-probabilities of the prompt's tokens are sent too: nothing
  /// of it is then taken from the cache. Nil for none.
  public var promptLogprobs: Int?

  public init(
    id: String, prompt: [Int32], sampling: SamplingParameters = SamplingParameters(),
    maximumTokens: Int? = nil, stopTokens: Set<Int32> = [], endOfSequenceTokens: Set<Int32> = [],
    ignoreEndOfSequence: Bool = false, minimumTokens: Int = 0,
    constraint: (any TokenConstraint)? = nil
  ) {
    self.id = id
    self.prompt = prompt
    self.sampling = sampling
    self.maximumTokens = maximumTokens
    self.stopTokens = stopTokens
    self.endOfSequenceTokens = endOfSequenceTokens
    self.ignoreEndOfSequence = ignoreEndOfSequence
    self.minimumTokens = minimumTokens
    self.constraint = constraint
  }
}
