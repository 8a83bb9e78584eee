/// What is timed: a prompt is read, then tokens are generated for `batch` sequences at once.
struct Workload {
  let prompt: Int
  let generate: Int
  /// Positions before the first generated token.
  let depth: Int
  let batch: Int
  let threads: Int

  /// A round of a slow backend ends here, with fewer tokens timed.
  var roundLimit = Duration.seconds(10)

  /// Positions of one sequence.
  var positions: Int { max(prompt, depth + generate) }

  /// Positions that a generated token attends to on average.
  var meanDepth: Int { depth + generate / 2 }

  /// The same pseudo-random tokens for everyone; what they say doesn't matter for the time.
  static func token(_ index: Int, vocabulary: Int) -> Int32 {
    Int32((index &* 7919 &+ 11) % vocabulary)
  }
}
