import ModelABI

/// The rows that operations work on, at one point of a step.
///
/// After the last operation that looks at positions or caches, only the rows whose logits are
/// wanted go on: they are moved together, and `count` shrinks.
struct StepRows {
  var count: Int
  let tokens: UnsafePointer<Int32>  // (count)
  let positions: UnsafePointer<Int32>  // (count)
  let runs: [SequenceRun]
}

/// Rows of one sequence, which stand next to each other in ascending positions.
struct SequenceRun {
  let rows: Range<Int>
  /// Of the first row.
  let position: Int
  let pages: UnsafePointer<Int32>
}

extension StepRows {
  init?(_ step: model_step) {
    guard let tokens = step.tokens, let positions = step.positions,
      let sequences = step.sequences, let tables = step.page_tables
    else { return nil }
    count = Int(step.rows)
    self.tokens = tokens
    self.positions = positions
    var runs: [SequenceRun] = []
    var start = 0
    while start < count {
      var end = start + 1
      while end < count, sequences[end] == sequences[start] { end += 1 }
      guard let pages = tables[Int(sequences[start])] else { return nil }
      runs.append(
        SequenceRun(rows: start..<end, position: Int(positions[start]), pages: pages))
      start = end
    }
    self.runs = runs
  }
}
