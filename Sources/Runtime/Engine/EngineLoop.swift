/// The engine's thread: takes requests, runs steps, chooses tokens, sends events.
final class EngineLoop {
  private let model: any LanguageModel
  private let configuration: EngineConfiguration
  private let pages: PageMemory
  private let step: StepMemory
  private let mailbox: Mailbox
  private let board: StatusBoard
  private var scheduler: Scheduler
  private var pace: StepPace
  private var generations: [Int: Generation] = [:]
  private var status = EngineStatus()

  init(
    model: any LanguageModel, configuration: EngineConfiguration, plan: MemoryPlan,
    pages: PageMemory, step: StepMemory, mailbox: Mailbox, board: StatusBoard
  ) {
    self.model = model
    self.configuration = configuration
    self.pages = pages
    self.step = step
    self.mailbox = mailbox
    self.board = board
    scheduler = Scheduler(
      limits: Scheduler.Limits(
        pages: pages.count, pagePositions: model.pagePositions, maximumRows: model.maximumRows,
        parallel: configuration.parallel, draftRows: plan.draftRows))
    pace = StepPace(maximumRows: model.maximumRows)
    publishStatus()
  }

  /// Works until the mailbox is closed and everything has ended.
  func run() {
    while true {
      let intake = mailbox.take(sleeping: generations.isEmpty)
      for ticket in intake.arrivals { accept(ticket) }
      for generation in generations.values where generation.ticket.isCancelled || intake.isOverdue {
        finish(generation.ticket.number, .cancelled)
      }
      publishStatus()
      if generations.isEmpty {
        if intake.isClosed { break }
        continue
      }
      takeStep()
    }
    mailbox.stopped()
  }

  private func accept(_ ticket: Ticket) {
    generations[ticket.number] = Generation(ticket, contextSize: configuration.contextSize)
    scheduler.enqueue(id: ticket.number, prompt: ticket.request.prompt)
  }

  // MARK: A step

  private func takeStep() {
    let start = ContinuousClock.now
    let plan = scheduler.plan(pace.promptBudget)
    for copy in plan.copies { pages.copy(copy) }
    guard !plan.isEmpty else { return }
    begin(plan, at: start)
    step.run(on: model, pages: pages)
    scheduler.complete(plan)
    let end = ContinuousClock.now
    account(plan, seconds: seconds(from: start, to: end))
    chooseTokens(plan)
    status.samplingSeconds += seconds(from: end, to: .now)
    publishStatus()
  }

  private func begin(_ plan: StepPlan, at now: ContinuousClock.Instant) {
    step.clear()
    for run in plan.runs {
      guard let sequence = scheduler[run.sequence] else { continue }
      step.add(run, of: sequence)
      generations[run.sequence]?.begin(at: now)
    }
  }

  private func account(_ plan: StepPlan, seconds: Double) {
    let drafted = plan.runs.reduce(0) { $0 + $1.drafted }
    let generating = plan.runs.count { $0.positions.count == 1 + $0.drafted && $0.wantsLogits }
    pace.observe(generating: generating, drafted: drafted, rows: plan.rows, seconds: seconds)
    status.steps += 1
    status.rows += plan.rows
    status.draftedTokens += drafted
    status.stepSeconds += seconds
  }

  private func chooseTokens(_ plan: StepPlan) {
    var logitRow = 0
    for run in plan.runs {
      reportPrefill(run)
      chooseTokens(for: run.sequence, from: logitRow..<logitRow + run.logitRows)
      logitRow += run.logitRows
    }
    for run in plan.runs where run.wantsLogits { draft(for: run.sequence) }
  }

  private func reportPrefill(_ run: StepPlan.Run) {
    guard let generation = generations[run.sequence], generation.generated == 0 else { return }
    let total = generation.ticket.request.prompt.count
    generation.ticket.send(.prefill(done: run.positions.upperBound, total: total))
  }

  /// Chooses a token from the first row, and from each next one for as long as the token before it
  /// is the one that was drafted.
  private func chooseTokens(for number: Int, from logitRows: Range<Int>) {
    for logitRow in logitRows {
      guard let token = chooseToken(for: number, from: step.row(logitRow)),
        scheduler.append(token, to: number)
      else { return }
      status.acceptedTokens += 1
    }
  }

  /// The next token of a generation that goes on after it.
  private func chooseToken(for number: Int, from row: LogitRow) -> Int32? {
    do {
      guard let token = try generations[number]?.choose(from: row) else {
        finish(number, .length)
        return nil
      }
      let reason = generations[number]?.end(after: token.id)
      if case .stop = reason {} else { generations[number]?.ticket.send(.token(token)) }
      guard let reason else { return token.id }
      finish(number, reason)
    } catch {
      fail(number, error.reason)
    }
    return nil
  }

  private func draft(for number: Int) {
    guard configuration.drafting, let generation = generations[number] else { return }
    let length = pace.draftLength(
      accuracy: generation.draftAccuracy, generating: scheduler.running.count)
    scheduler.draft(generation.draft(length), for: number)
  }

  // MARK: Ends

  private func finish(_ number: Int, _ reason: GenerationResult.Reason) {
    let cached = scheduler[number]?.cached ?? 0
    guard let generation = leave(number) else { return }
    let result = generation.result(reason, cachedTokens: cached)
    status.promptTokens += result.promptTokens
    status.cachedTokens += result.cachedTokens
    status.generatedTokens += result.generatedTokens
    if reason == .cancelled {
      status.cancelled += 1
    } else {
      status.finished += 1
      board.requestRan(seconds: generation.runSeconds)
    }
    publishStatus()
    generation.ticket.end(with: .finished(result))
  }

  private func fail(_ number: Int, _ reason: String) {
    guard let generation = leave(number) else { return }
    status.failed += 1
    publishStatus()
    generation.ticket.end(with: .failed(reason))
  }

  private func leave(_ number: Int) -> Generation? {
    scheduler.remove(number)
    guard let generation = generations.removeValue(forKey: number) else { return nil }
    mailbox.remove(generation.ticket)
    return generation
  }

  private func publishStatus() {
    status.running = scheduler.running.count
    status.waiting = scheduler.waiting.count
    status.pagesTotal = scheduler.ledger.total
    status.pagesUsed = scheduler.ledger.used
    status.pagesCached = scheduler.ledger.tree.unreferencedCount
    status.preempted = scheduler.preemptions
    board.publish(status)
  }
}
