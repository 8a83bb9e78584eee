import Runtime

/// How many tokens an answer took.
struct Usage: Sendable, Equatable {
  var promptTokens = 0
  var cachedTokens = 0
  var completionTokens = 0
  var reasoningTokens = 0
}

/// How long an answer took.
struct Timings: Sendable, Equatable {
  /// Prompt tokens that were computed, not taken from the cache.
  var promptTokens = 0
  var promptSeconds = 0.0
  var generatedTokens = 0
  var generateSeconds = 0.0
  var cachedTokens = 0
}

extension Timings {
  init(_ result: GenerationResult, generatedTokens: Int) {
    self.init(
      promptTokens: result.promptTokens - result.cachedTokens,
      promptSeconds: result.prefillSeconds, generatedTokens: generatedTokens,
      generateSeconds: result.generateSeconds, cachedTokens: result.cachedTokens)
  }
}
