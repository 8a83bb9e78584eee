/// How the rows of one step are shared out.
///
/// One row for each sequence that generates, in turn if they are too many; then prompts, and tokens
/// after the next that a stream knows already. Half of these rows go to the oldest of the client
/// that has had the least, so that none starves; the rest go to the one with the least left, so that
/// short prompts don't wait for long ones. A step without any has room to try out drafted tokens.
struct RowShares {
  /// Rows of tokens that are known, by sequence.
  private(set) var rows: [Int: Int] = [:]
  /// Rows of drafted tokens after those, by sequence.
  private(set) var drafted: [Int: Int] = [:]
  private var budget: Int
  private var promptLogitRows: Int

  init(
    _ running: [ScheduledSequence], limits: Scheduler.Limits, prompts promptBudget: PromptBudget,
    clients: ClientShares
  ) {
    let prompts = running.filter { $0.pending > 1 && !$0.isFollowing }
    let generating = running.filter(\.isStreaming)
      .sorted { ($0.lastStep, $0.id) < ($1.lastStep, $1.id) }
    budget = limits.maximumRows
    promptLogitRows = limits.promptLogitRows
    let reserved = prompts.isEmpty ? 0 : (limits.maximumRows + 3) / 4
    for sequence in generating.prefix(max(limits.maximumRows - reserved, 1)) {
      give(1, to: sequence)
    }
    if let shortest = prompts.map(\.work).min() {
      budget = min(budget, promptBudget.rows(streamsRun: !rows.isEmpty, shortest: shortest))
      sharePrompts(prompts, clients)
    } else {
      shareDrafts(generating, limits)
    }
  }

  private mutating func sharePrompts(_ prompts: [ScheduledSequence], _ clients: ClientShares) {
    let ranks = prompts.map { clients.rank($0.client) }
    if let first = prompts.indices.min(by: { (ranks[$0], $0) < (ranks[$1], $1) }) {
      give((budget + 1) / 2, to: prompts[first])
    }
    for sequence in prompts.sorted(by: { ($0.pending, $0.id) < ($1.pending, $1.id) }) {
      give(budget, to: sequence)
    }
  }

  private mutating func give(_ share: Int, to sequence: ScheduledSequence) {
    let taken = rows[sequence.id] ?? 0
    var more = min(share, budget, sequence.pending - taken)
    if sequence.wantsPromptLogits, !sequence.isStreaming {
      more = min(more, promptLogitRows)
      promptLogitRows -= max(more, 0)
    }
    guard more > 0 else { return }
    rows[sequence.id] = taken + more
    budget -= more
  }

  private mutating func shareDrafts(_ generating: [ScheduledSequence], _ limits: Scheduler.Limits) {
    budget = min(budget, limits.draftRows)
    for sequence in generating where rows[sequence.id] != nil && budget > 0 {
      let share = min(sequence.draft.count, budget)
      drafted[sequence.id] = share
      budget -= share
    }
  }
}
