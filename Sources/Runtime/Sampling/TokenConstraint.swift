/// What one sequence may say next. Used on the engine's thread only, one sequence each.
public protocol TokenConstraint: AnyObject, Sendable {
  /// Sets bit t (word t / 64) for each token t that may come next, stop tokens included when the
  /// text may end here. All bits are 0 before. Returns false when everything may come: the words
  /// are then untouched.
  func fillMask(_ words: UnsafeMutableBufferPointer<UInt64>) -> Bool

  /// Tokens that must come next whatever the model says: at least one each time there is no choice
  /// of text, and none when there is a choice.
  func forcedTokens() -> [Int32]

  /// Takes the token that was chosen. False: it was not allowed, and the state is unchanged.
  func accept(_ token: Int32) -> Bool

  /// Why nothing is accepted any more, though the text isn't at its end; nil while that isn't so.
  var failure: String? { get }

  /// Takes back the last `count` accepted tokens: drafts that are not confirmed.
  func rollback(_ count: Int)
}

extension TokenConstraint {
  public var failure: String? { nil }

  /// The beginning of `tokens` that may come next. The state is unchanged.
  public func allowedPrefix(_ tokens: [Int32]) -> [Int32] {
    let allowed = tokens.prefix { accept($0) }
    if !allowed.isEmpty { rollback(allowed.count) }
    return Array(allowed)
  }
}
