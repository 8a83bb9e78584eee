/// Decides what each step computes, for whom, and in which pages. A pure value: it touches no
/// memory but its own and knows no time, so its behaviour can be tested exactly.
///
/// A turn is `plan` → the model runs → `complete` → `append` for each sequence that got logits,
/// or `remove`. Sequences may be added and removed between turns.
struct Scheduler {
  /// What the scheduler may hand out.
  struct Limits {
    var pages: Int
    var pagePositions: Int
    var maximumRows: Int
    /// Most sequences that run at once.
    var parallel: Int
    /// Most rows of a step that try out drafted tokens.
    var draftRows = 0
    /// Most rows of a step whose logits are wanted for the tokens of prompts.
    var promptLogitRows = 1
    /// Fewest positions worth copying a page for, which costs about as much as computing a few.
    var minimumOverlap = 4
  }

  let limits: Limits
  var ledger: PageLedger
  /// Arrival order; a preempted sequence is put back at the front.
  var waiting: [ScheduledSequence] = []
  /// In the order in which they were let in.
  var running: [ScheduledSequence] = []
  var preemptions = 0
  var shares = ClientShares()
  private var step = 0
  var pagePositions: Int { limits.pagePositions }

  init(limits: Limits) {
    self.limits = limits
    self.ledger = PageLedger(total: limits.pages, pagePositions: limits.pagePositions)
  }

  subscript(id: Int) -> ScheduledSequence? {
    running.first { $0.id == id } ?? waiting.first { $0.id == id }
  }

  /// Queues a sequence. Ids ascend; the prompt has at least one token and fits the context.
  ///
  /// - Parameters:
  ///   - forced: the first tokens of the answer, where they are known.
  ///   - client: whom it is for; clients share what there is.
  ///   - wantsPromptLogits: whether every position of the prompt is to be computed.
  mutating func enqueue(
    id: Int, prompt: [Int32], forced: [Int32] = [], client: String = "",
    wantsPromptLogits: Bool = false
  ) {
    assert(!prompt.isEmpty)
    shares.enter(client)
    waiting.append(
      ScheduledSequence(
        id: id, prompt: prompt, forced: forced, client: client,
        wantsPromptLogits: wantsPromptLogits))
  }

  /// The next step.
  mutating func plan(_ budget: PromptBudget) -> StepPlan {
    step += 1
    var plan = StepPlan()
    admit(&plan)
    sharePrefixes(&plan)
    let rowShares = RowShares(running, limits: limits, prompts: budget, clients: shares)
    for id in running.map(\.id) {
      guard let rows = rowShares.rows[id], let index = running.firstIndex(where: { $0.id == id }),
        reservePages(index, positions: running[index].computed + rows)
      else { continue }
      let drafted = reserveDraftPages(index, rows: rows, drafted: rowShares.drafted[id] ?? 0)
      let first = running[index].computed
      plan.runs.append(
        StepPlan.Run(
          sequence: id, positions: first..<first + rows + drafted, drafted: drafted,
          isStreaming: running[index].isStreaming,
          wantsLogits: first + rows == running[index].tokens.count,
          promptLogitRows: running[index].promptLogitRows(first..<first + rows)))
    }
    gatherSharers(&plan)
    return plan
  }

  /// The plan's rows are computed: full pages become known to everyone. Drafts count once `append`
  /// has confirmed them.
  mutating func complete(_ plan: StepPlan) {
    for run in plan.runs {
      guard let index = running.firstIndex(where: { $0.id == run.sequence }) else { continue }
      shares.charge(
        running[index].client, rows: run.positions.count, generated: run.isStreaming ? 1 : 0)
      running[index].computed = run.positions.upperBound - run.drafted
      running[index].draft.removeLast(running[index].draft.count - run.drafted)
      running[index].lastStep = step
      publishFullPages(index)
    }
  }

  /// Continues a sequence with the token that its logits gave, or one that must follow it. True if
  /// that was drafted: then the next row of its logits is that of the token after it.
  mutating func append(_ token: Int32, to id: Int) -> Bool {
    guard let index = running.firstIndex(where: { $0.id == id }) else { return false }
    running[index].tokens.append(token)
    guard running[index].draft.first == token else {
      running[index].draft = []
      return false
    }
    running[index].draft.removeFirst()
    running[index].computed += 1
    publishFullPages(index)
    return true
  }

  /// Has a generating sequence's next step try these tokens as well.
  mutating func draft(_ tokens: [Int32], for id: Int) {
    guard let index = running.firstIndex(where: { $0.id == id }) else { return }
    running[index].draft = tokens
  }

  /// Takes a sequence out, finished or not. What it computed stays in the tree.
  mutating func remove(_ id: Int) {
    if let sequence = self[id] { shares.leave(sequence.client) }
    waiting.removeAll { $0.id == id }
    guard let index = running.firstIndex(where: { $0.id == id }) else { return }
    _ = vacate(index)
  }
}
