/// What the engine may use and how many it serves.
public struct EngineConfiguration: Sendable {
  /// Most positions of one sequence, prompt and answer together.
  public var contextSize: Int
  /// Most sequences that run at once.
  public var parallel: Int
  /// Most requests that wait for their turn; the next one is refused.
  public var queueLimit: Int
  /// Most bytes for everything: weights, scratch, pages of keys and values, logits, and what is
  /// reserved. Nil for a full context for each of `parallel` sequences and one more of cache.
  public var memory: Int?
  /// Bytes of `memory` that whoever uses the engine takes for itself; it may be more where there is
  /// more memory, but must not grow as fast.
  public var reservedBytes: @Sendable (_ memory: Int?) -> Int
  /// Whether to guess tokens from a sequence's own text where that pays. Answers don't change.
  public var drafting: Bool

  public init(
    contextSize: Int = 4096, parallel: Int = 8, queueLimit: Int = 64, memory: Int? = nil,
    reservedBytes: @escaping @Sendable (_ memory: Int?) -> Int = { _ in 0 }, drafting: Bool = true
  ) {
    self.contextSize = contextSize
    self.parallel = parallel
    self.queueLimit = queueLimit
    self.memory = memory
    self.reservedBytes = reservedBytes
    self.drafting = drafting
  }
}
