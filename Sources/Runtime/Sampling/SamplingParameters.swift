/// How the next token is chosen from the logits, in the order in which the fields apply.
///
/// Order (vLLM's): a constraint's mask, `logitBias` and banned tokens, then the penalties (repetition, presence,
/// frequency, DRY), then `temperature`, then the filters `topK`, `typicalP`, `topP`, `minP` and
/// XTC, each on what the one before left over, then a draw. Log-probabilities that are reported
/// come from the model's raw logits, before any of this.
public struct SamplingParameters: Sendable, Equatable {
  /// Added to the logits of single tokens; -100 as good as bans one, 100 as good as forces it.
  public var logitBias: [Int32: Float] = [:]

  /// Divides positive and multiplies negative logits of tokens in prompt or answer; 1 is off.
  public var repetitionPenalty: Float = 1
  /// Subtracted once from the logits of tokens in the answer; 0 is off.
  public var presencePenalty: Float = 0
  /// Subtracted per occurrence from the logits of tokens in the answer; 0 is off.
  public var frequencyPenalty: Float = 0
  /// How many of the last tokens the three penalties look at; nil for all.
  public var penaltyWindow: Int?
  /// Penalises tokens that would continue a repetition; nil is off.
  public var dry: DryPenalty?

  /// Divides the logits; 0 takes the most likely token, the lowest id among equals.
  public var temperature: Float = 1
  /// Keeps the k most likely tokens; 0 is off.
  public var topK = 0
  /// Keeps the tokens nearest to the expected surprise that together have this probability; 1 is
  /// off.
  public var typicalP: Float = 1
  /// Keeps the fewest most likely tokens that together have this probability; 1 is off.
  public var topP: Float = 1
  /// Keeps tokens at least this fraction as likely as the most likely one; 0 is off.
  public var minP: Float = 0
  /// Excludes the top choices now and then; nil is off.
  public var xtc: ExcludeTopChoices?

  /// Same seed, prompt and parameters: same tokens, whatever else the engine is doing. nil for a
  /// random one.
  public var seed: UInt64?

  /// Log-probabilities reported with each token: nil for none, 0 for the chosen token's alone, n
  /// for those of the n most likely tokens as well.
  public var topLogprobs: Int?

  public init() {}

  /// The most likely token each time.
  public static var greedy: SamplingParameters {
    var parameters = SamplingParameters()
    parameters.temperature = 0
    return parameters
  }
}

/// XTC: with `probability`, drop every token at least `threshold` likely but the least likely one.
public struct ExcludeTopChoices: Sendable, Equatable {
  public var probability: Float
  public var threshold: Float

  public init(probability: Float, threshold: Float) {
    self.probability = probability
    self.threshold = threshold
  }
}

/// DRY: subtract `multiplier * base ^ (length - allowedLength)` from tokens that would continue a
/// repetition of `length` tokens.
public struct DryPenalty: Sendable, Equatable {
  public var multiplier: Float
  public var base: Float
  public var allowedLength: Int
  /// How many of the last tokens are searched; nil for all.
  public var window: Int?
  /// Tokens that no repetition reaches across.
  public var breakers: Set<Int32>

  public init(
    multiplier: Float, base: Float = 1.75, allowedLength: Int = 2, window: Int? = nil,
    breakers: Set<Int32> = []
  ) {
    self.multiplier = multiplier
    self.base = base
    self.allowedLength = allowedLength
    self.window = window
    self.breakers = breakers
  }
}
