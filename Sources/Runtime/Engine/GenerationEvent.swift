/// What a request's stream carries: prefill progress, then tokens, then exactly one end.
public enum GenerationEvent: Sendable {
  /// Prompt tokens whose keys and values are known (`done`), cached ones included.
  case prefill(done: Int, total: Int)
  /// The next tokens of the prompt with their log-probabilities, where the request asked for them.
  /// The first token of all has none, and isn't among them.
  case promptTokens([GeneratedToken])
  case token(GeneratedToken)
  /// The end of a generation that went well or was cancelled.
  case finished(GenerationResult)
  /// The end of a generation that could not go on, and why.
  case failed(GenerationFailure)

  public var isLast: Bool {
    switch self {
    case .prefill, .promptTokens, .token: false
    case .finished, .failed: true
    }
  }
}

/// Why a generation could not go on.
public struct GenerationFailure: Error, Sendable, Equatable {
  public var reason: String
  /// The request asks for what can't be done, and nothing is wrong with the model.
  public var isRequests: Bool

  public init(reason: String, isRequests: Bool = false) {
    self.reason = reason
    self.isRequests = isRequests
  }
}

/// One generated token, with the log-probabilities that its request asked for.
public struct GeneratedToken: Sendable, Equatable {
  public var id: Int32
  /// Log-softmax of the model's raw logits at this token; nil unless asked for.
  public var logprob: Float?
  /// The most likely tokens, most likely first.
  public var top: [TokenLogprob]

  public init(id: Int32, logprob: Float? = nil, top: [TokenLogprob] = []) {
    self.id = id
    self.logprob = logprob
    self.top = top
  }
}

/// A token and its log-probability.
public struct TokenLogprob: Sendable, Equatable {
  public var id: Int32
  public var logprob: Float

  public init(id: Int32, logprob: Float) {
    self.id = id
    self.logprob = logprob
  }
}

/// How a generation ended and what it took.
public struct GenerationResult: Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    /// A stop or end-of-sequence token was chosen.
    case stop(Int32)
    /// `maximumTokens` or the context size was reached.
    case length
    case cancelled
  }

  public var reason: Reason
  public var promptTokens = 0
  /// Prompt tokens whose keys and values were reused, not computed.
  public var cachedTokens = 0
  /// The prompt's first token at which all earlier text that begins like it went on in another way:
  /// why no more was reused. Nil where the cache knows no other way.
  public var divergence: Int?
  /// Chosen tokens, a stop token included.
  public var generatedTokens = 0
  /// From the request's arrival to its first step.
  public var queueSeconds = 0.0
  /// From its first step to its first token.
  public var prefillSeconds = 0.0
  /// From its first token to its end.
  public var generateSeconds = 0.0

  public init(reason: Reason) {
    self.reason = reason
  }
}
