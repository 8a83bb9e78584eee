/// What one step computes.
struct StepPlan {
  /// Consecutive positions of one sequence.
  struct Run {
    var sequence: Int
    var positions: Range<Int>
    /// How many of the last positions hold drafted tokens.
    var drafted = 0
    /// The first position is a running stream's next token.
    var isStreaming = false
    /// The last position before any drafted ones is the sequence's last token: its logits choose
    /// the next, and those of drafted tokens the ones after.
    var wantsLogits: Bool

    /// How many of the first positions have the token after them in the prompt, and are wanted for
    /// its log-probability.
    var promptLogitRows = 0

    /// Those at the end that tokens are chosen from.
    var choiceRows: Int { wantsLogits ? 1 + drafted : 0 }
    var logitRows: Int { promptLogitRows + choiceRows }
  }

  /// Positions of a page to be copied, in order, before the step runs.
  struct PageCopy: Equatable {
    var from: Int32
    var to: Int32
  }

  var runs: [Run] = []
  /// To be done even if there are no runs.
  var copies: [PageCopy] = []

  var rows: Int { runs.reduce(0) { $0 + $1.positions.count } }
  var isEmpty: Bool { runs.isEmpty }
}
