import Testing

@testable import Runtime

/// A scheduler that really runs a scripted model, one step at a time and without a thread.
struct SchedulerHarness {
  var scheduler: Scheduler
  let model: ScriptedModel
  private let pages: PageMemory
  private let step: StepMemory
  /// What each sequence should answer, and what it has answered.
  private var goals: [Int: Int] = [:]
  private(set) var answers: [Int: [Int32]] = [:]
  private(set) var cached: [Int: Int] = [:]
  private(set) var divergence: [Int: Int] = [:]
  private(set) var prompts: [Int: [Int32]] = [:]
  private(set) var rowsComputed = 0
  private(set) var plans: [StepPlan] = []
  private(set) var draftHits = 0
  private var emptyTurns = 0

  init(
    pages: Int, parallel: Int = 4, maximumRows: Int = 8, pagePositions: Int = 4,
    minimumOverlap: Int = 2, draftRows: Int = 0
  ) throws {
    model = ScriptedModel(
      vocabulary: 48, maximumRows: maximumRows, pagePositions: pagePositions, recordLimit: 1)
    scheduler = Scheduler(
      limits: Scheduler.Limits(
        pages: pages, pagePositions: pagePositions, maximumRows: maximumRows, parallel: parallel,
        draftRows: draftRows, minimumOverlap: minimumOverlap))
    self.pages = try #require(PageMemory(count: pages, pageBytes: model.pageBytes))
    step = try #require(
      StepMemory(maximumRows: maximumRows, logitRows: parallel + draftRows, vocabulary: 48))
  }

  mutating func enqueue(_ id: Int, _ prompt: [Int32], generate: Int, client: String = "") {
    scheduler.enqueue(id: id, prompt: prompt, client: client)
    prompts[id] = prompt
    goals[id] = generate
    answers[id] = []
  }

  /// Runs one step, which can be empty if a sequence had to give up its pages; false if there was
  /// nothing to do.
  @discardableResult
  mutating func turn(promptRows: Int = 4) throws -> Bool {
    guard !scheduler.running.isEmpty || !scheduler.waiting.isEmpty else { return false }
    let plan = scheduler.plan(
      PromptBudget(alone: .max, gentle: promptRows, brisk: 0, shortPrompt: 0))
    emptyTurns = plan.isEmpty ? emptyTurns + 1 : 0
    try #require(emptyTurns < 3)
    for copy in plan.copies { pages.copy(copy) }
    guard !plan.isEmpty else { return true }
    plans.append(plan)
    step.clear()
    for run in plan.runs { step.add(run, of: try #require(scheduler[run.sequence])) }
    step.run(on: model, pages: pages)
    scheduler.complete(plan)
    rowsComputed += plan.rows
    var logitRow = 0
    for run in plan.runs {
      choose(run.sequence, logitRow..<logitRow + run.logitRows)
      logitRow += run.logitRows
    }
    try checkPages()
    return true
  }

  private mutating func choose(_ id: Int, _ logitRows: Range<Int>) {
    for logitRow in logitRows {
      let token = Self.best(Array(step.row(logitRow).values))
      answers[id]?.append(token)
      if answers[id]?.count == goals[id] {
        leave(id)
        return
      }
      guard scheduler.append(token, to: id) else { return }
      draftHits += 1
    }
  }

  /// Drafts the right answer for a sequence, but for the tokens at `wrong`.
  mutating func draft(_ id: Int, count: Int, wrong: Set<Int> = []) {
    guard let sequence = scheduler[id], sequence.pending == 1, let goal = goals[id],
      let given = answers[id]?.count
    else { return }
    var tokens = sequence.tokens
    for place in 0..<min(count, goal - given - 1) {
      let right = Self.best(model.expectedLogits(after: tokens))
      tokens.append(wrong.contains(place) ? (right + 1) % 48 : right)
    }
    scheduler.draft(Array(tokens.dropFirst(sequence.tokens.count)), for: id)
  }

  mutating func leave(_ id: Int) {
    cached[id] = scheduler[id]?.cached
    divergence[id] = scheduler[id]?.divergence
    scheduler.remove(id)
  }

  mutating func runToEnd(promptRows: Int = 4) throws {
    while try turn(promptRows: promptRows) {}
  }

  /// What a sequence must answer, from its prompt alone.
  func expectedAnswer(_ id: Int) -> [Int32] {
    var tokens = prompts[id] ?? []
    var answer: [Int32] = []
    for _ in 0..<(answers[id]?.count ?? 0) {
      answer.append(Self.best(model.expectedLogits(after: tokens)))
      tokens.append(answer[answer.count - 1])
    }
    return answer
  }

  static func best(_ logits: [Float]) -> Int32 {
    logits.max().flatMap { logits.firstIndex(of: $0) }.map(Int32.init) ?? -1
  }

  /// Every page is free, in the tree, or one sequence's own, and no two hold the same.
  func checkPages() throws {
    let ledger = scheduler.ledger
    let own = scheduler.running.flatMap { $0.pages.dropFirst($0.path.count) }
    #expect(Set(own).count == own.count)
    #expect(ledger.freeCount + ledger.tree.count + own.count == ledger.total)
    for sequence in scheduler.running {
      #expect(
        sequence.pages.prefix(sequence.path.count).elementsEqual(
          sequence.path.map { ledger.tree.page(of: $0) }))
      #expect(sequence.path.count == sequence.computed / scheduler.limits.pagePositions)
      #expect(sequence.pending > 0)
    }
    #expect(scheduler.waiting.allSatisfy { $0.pages.isEmpty && $0.path.isEmpty })
  }

  func checkAnswers() {
    #expect(model.violations == [])
    for id in prompts.keys { #expect(answers[id] == expectedAnswer(id), "sequence \(id)") }
  }
}
