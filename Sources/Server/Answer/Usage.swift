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
  /// Why no more came from the cache; nil where it knew no other text that begins like this.
  var cacheMiss: CacheMiss?
}

/// Where a prompt goes on in another way than all text in the cache that begins like it.
struct CacheMiss: Sendable, Equatable {
  /// Counted from 0.
  var token: Int
  var place: MessagePlaces.Place?
}

extension Timings {
  init(_ result: GenerationResult, generatedTokens: Int) {
    self.init(
      promptTokens: result.promptTokens - result.cachedTokens,
      promptSeconds: result.prefillSeconds, generatedTokens: generatedTokens,
      generateSeconds: result.generateSeconds, cachedTokens: result.cachedTokens)
  }
}
