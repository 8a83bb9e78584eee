import Machine

/// The engine's thread: takes requests, runs steps, chooses tokens, sends events.
final class EngineLoop {
  private let model: any LanguageModel
  private let configuration: EngineConfiguration
  private let pages: PageMemory
  private let step: StepMemory
  private let mailbox: Mailbox
  private let board: StatusBoard
  private let clock: StepClock
  private var scheduler: Scheduler
  private var pace: StepPace
  private var mask: TokenMask
  private var waitEstimate = WaitEstimate()
  private var speculation: Speculation
  private var generations: [Int: Generation] = [:]
  private var status = EngineStatus()
  /// What clients are told once all tokens of the step are chosen: they wake as it is sent, and
  /// would take the processors from choosing.
  private var outbox: [(ticket: Ticket, event: GenerationEvent)] = []
  /// Pages that are made real before they are used: as many as take a quarter of the memory that was
  /// left at the start.
  private let pagesAhead: Int
  /// While there is work, as many pages are kept ready as there are sequences, and these.
  private static let pagesAheadOfPrompts = 8
  /// Bytes to make real for what steps have used.
  private var unprepared = 0
  /// Tokens of this step that were chosen side by side, by generation.
  private var chosen: [Int: Result<GeneratedToken?, Sampler.Failure>] = [:]

  init(
    model: any LanguageModel, draftModel: DraftModel?, configuration: EngineConfiguration,
    plan: MemoryPlan, pages: PageMemory, step: StepMemory, mailbox: Mailbox, board: StatusBoard,
    clock: StepClock
  ) {
    self.model = model
    self.configuration = configuration
    self.pages = pages
    self.step = step
    self.mailbox = mailbox
    self.board = board
    self.clock = clock
    scheduler = Scheduler(
      limits: Scheduler.Limits(
        pages: pages.count, pagePositions: model.pagePositions, maximumRows: model.maximumRows,
        parallel: configuration.parallel, draftRows: plan.draftRows,
        promptLogitRows: plan.extraLogitRows))
    pagesAhead = availableMemory() / 4 / max(pages.pageBytes, 1)
    pace = StepPace(maximumRows: model.maximumRows, cost: model.stepCost)
    mask = TokenMask(room: step.spareRow)
    speculation = Speculation(
      model: draftModel, weightBytes: model.memory.weightBytes, clock: clock)
    publishStatus()
  }

  /// Works until the mailbox is closed and everything has ended.
  func run() {
    while true {
      let intake = mailbox.take(sleeping: generations.isEmpty && !preparePages())
      for ticket in intake.arrivals { accept(ticket) }
      for generation in generations.values where generation.ticket.isCancelled || intake.isOverdue {
        finish(generation.ticket.number, .cancelled)
      }
      publishStatus()
      deliver()
      if generations.isEmpty {
        if intake.isClosed { break }
        continue
      }
      takeStep()
    }
    mailbox.stopped()
  }

  /// Makes memory real while there is nothing else to do; false when enough of it is.
  private func preparePages() -> Bool {
    pages.prepareNextPiece(after: scheduler.ledger.touched, ahead: pagesAhead)
  }

  /// Makes memory real about as fast as steps use it up: all streams that begin a new page in the same
  /// step would wait for as many pages, each of which may take as long as a step.
  private func keepPagesReady(for plan: StepPlan) {
    let ahead = scheduler.running.count + Self.pagesAheadOfPrompts
    unprepared += 2 * plan.rows * pages.pageBytes / model.pagePositions
    while unprepared >= PageMemory.pieceBytes {
      let isPrepared = pages.prepareNextPiece(after: scheduler.ledger.touched, ahead: ahead)
      unprepared = isPrepared ? unprepared - PageMemory.pieceBytes : 0
    }
  }

  private func accept(_ ticket: Ticket) {
    let generation = Generation(ticket, contextSize: configuration.contextSize)
    generations[ticket.number] = generation
    scheduler.enqueue(
      id: ticket.number, prompt: ticket.request.prompt, forced: generation.opening,
      client: ticket.request.client, wantsPromptLogits: ticket.request.promptLogprobs != nil)
  }

  // MARK: A step

  private func takeStep() {
    let generating = scheduler.running.count(where: \.isStreaming)
    let plan = scheduler.plan(pace.promptBudget(generating: generating))
    for copy in plan.copies { pages.copy(copy) }
    guard !plan.isEmpty else { return }
    keepPagesReady(for: plan)
    begin(plan)
    let start = clock.now()
    step.run(on: model, pages: pages)
    scheduler.complete(plan)
    let end = clock.now()
    account(plan, seconds: end - start)
    chooseTokens(plan)
    let chosen = clock.now()
    status.samplingSeconds += chosen - end
    publishStatus()
    deliver()
    status.deliverySeconds += clock.now() - chosen
    draft()
  }

  private func begin(_ plan: StepPlan) {
    let now = ContinuousClock.now
    step.clear()
    for run in plan.runs {
      guard let sequence = scheduler[run.sequence] else { continue }
      step.add(run, of: sequence)
      generations[run.sequence]?.begin(at: now)
    }
  }

  private func account(_ plan: StepPlan, seconds: Double) {
    let drafted = plan.runs.reduce(0) { $0 + $1.drafted }
    let generating = plan.runs.count(where: \.isStreaming)
    pace.observe(generating: generating, drafted: drafted, rows: plan.rows, seconds: seconds)
    status.steps += 1
    status.rows += plan.rows
    status.draftedTokens += drafted
    status.stepSeconds += seconds
  }

  private func chooseTokens(_ plan: StepPlan) {
    for run in plan.runs { reportPrefill(run) }
    chooseSideBySide(plan)
    var logitRow = 0
    for run in plan.runs {
      reportPromptTokens(run, from: logitRow)
      logitRow += run.promptLogitRows
      let accepted = chooseTokens(
        for: run.sequence, from: logitRow..<logitRow + run.choiceRows)
      logitRow += run.choiceRows
      speculation.observe(run.sequence, accepted: accepted, tried: run.drafted)
      status.acceptedTokens += accepted
    }
  }

  /// Chooses the next token of every generation that no constraint has a say in, on all threads.
  private func chooseSideBySide(_ plan: StepPlan) {
    chosen.removeAll(keepingCapacity: true)
    var choices: [Choice] = []
    var logitRow = 0
    for run in plan.runs {
      if run.choiceRows > 0, let generation = generations[run.sequence], !generation.isConstrained {
        // Nobody else may hold it while it is changed.
        generations[run.sequence] = nil
        choices.append(
          Choice(generation: generation, row: step.row(logitRow + run.promptLogitRows)))
      }
      logitRow += run.logitRows
    }
    choices.withUnsafeMutableBufferPointer { choices in
      nonisolated(unsafe) let choices = choices
      model.forEach(choices.count) { choices[$0].make() }
    }
    for choice in choices {
      let number = choice.generation.ticket.number
      generations[number] = choice.generation
      chosen[number] = choice.token
    }
  }

  private struct Choice {
    var generation: Generation
    let row: LogitRow
    var token: Result<GeneratedToken?, Sampler.Failure> = .success(nil)

    mutating func make() {
      token = Result { () throws(Sampler.Failure) in try generation.choose(from: row) }
    }
  }

  private func reportPrefill(_ run: StepPlan.Run) {
    guard let generation = generations[run.sequence], generation.generated == 0 else { return }
    let total = generation.ticket.request.prompt.count
    guard run.positions.lowerBound < total else { return }
    send(.prefill(done: min(run.positions.upperBound, total), total: total), to: generation)
  }

  private func reportPromptTokens(_ run: StepPlan.Run, from logitRow: Int) {
    guard run.promptLogitRows > 0 else { return }
    do throws(GenerationFailure) {
      var tokens: [GeneratedToken] = []
      for row in 0..<run.promptLogitRows {
        let token = try generations[run.sequence]?.promptToken(
          at: run.positions.lowerBound + row + 1, from: step.row(logitRow + row))
        if let token { tokens.append(token) }
      }
      if !tokens.isEmpty { send(.promptTokens(tokens), to: generations[run.sequence]) }
    } catch {
      fail(run.sequence, error)
    }
  }

  /// Chooses a token from the first row, and from each next one for as long as the tokens before it
  /// are the ones that were drafted. Returns how many were.
  private func chooseTokens(for number: Int, from logitRows: Range<Int>) -> Int {
    if !logitRows.isEmpty { open(number) }
    var row = logitRows.lowerBound
    while row < logitRows.upperBound, let tokens = nextTokens(of: number, from: step.row(row)) {
      let drafted = tokens.count { scheduler.append($0, to: number) }
      row += drafted
      // After one that wasn't drafted, the other rows were computed for other tokens.
      if drafted < tokens.count { break }
    }
    return row - logitRows.lowerBound
  }

  /// Sends the tokens with which the answer had to begin.
  private func open(_ number: Int) {
    guard let generation = generations[number], generation.generated == 0 else { return }
    for token in generation.opening {
      generations[number]?.follow(token)
      send(.token(GeneratedToken(id: token)), to: generation)
    }
    status.forcedTokens += generation.opening.count
  }

  /// The next token of a generation, and those that must follow it; nil when it ends with them.
  private func nextTokens(of number: Int, from row: LogitRow) -> [Int32]? {
    do throws(GenerationFailure) {
      guard let token = try choose(for: number, from: row) else {
        finish(number, .length)
        return nil
      }
      guard goesOn(number, with: token) else { return nil }
      let forced = generations[number]?.forcedTokens() ?? []
      for token in forced {
        try generations[number]?.take(forced: token)
        status.forcedTokens += 1
        guard goesOn(number, with: GeneratedToken(id: token)) else { return nil }
      }
      return [token.id] + forced
    } catch {
      fail(number, error)
    }
    return nil
  }

  private func choose(for number: Int, from row: LogitRow) throws(Sampler.Failure)
    -> GeneratedToken?
  {
    if let token = chosen.removeValue(forKey: number) { return try token.get() }
    return try generations[number]?.choose(from: row, &mask)
  }

  /// Sends a token, unless it says stop; false if the generation ends with it.
  private func goesOn(_ number: Int, with token: GeneratedToken) -> Bool {
    let reason = generations[number]?.end(after: token.id)
    if case .stop = reason {} else { send(.token(token), to: generations[number]) }
    guard let reason else { return true }
    finish(number, reason)
    return false
  }

  /// Guesses what the streams will say next, if the next step is theirs alone.
  private func draft() {
    guard configuration.drafting, scheduler.running.allSatisfy({ $0.pending == 1 }),
      scheduler.waiting.isEmpty || scheduler.running.count == configuration.parallel
    else { return }
    let streams = scheduler.running.compactMap { sequence in
      generations[sequence.id].map {
        Speculation.Stream(id: sequence.id, tokens: sequence.tokens, generation: $0)
      }
    }
    let drafts = speculation.drafts(
      for: streams, pace: pace, rows: scheduler.limits.draftRows)
    for (number, tokens) in drafts { scheduler.draft(tokens, for: number) }
    status.draftSeconds = speculation.seconds
  }

  private func send(_ event: GenerationEvent, to generation: Generation?) {
    if let generation { outbox.append((generation.ticket, event)) }
  }

  private func deliver() {
    for (ticket, event) in outbox { ticket.send(event) }
    outbox.removeAll(keepingCapacity: true)
  }

  // MARK: Ends

  private func finish(_ number: Int, _ reason: GenerationResult.Reason) {
    let sequence = scheduler[number]
    guard let generation = leave(number) else { return }
    var result = generation.result(reason, cachedTokens: sequence?.cached ?? 0)
    result.divergence = sequence?.divergence
    status.promptTokens += result.promptTokens
    status.cachedTokens += result.cachedTokens
    status.generatedTokens += result.generatedTokens
    if reason == .cancelled {
      status.cancelled += 1
    } else {
      status.finished += 1
      waitEstimate.requestEnded(generated: result.generatedTokens)
    }
    publishStatus()
    send(.finished(result), to: generation)
  }

  private func fail(_ number: Int, _ failure: GenerationFailure) {
    guard let generation = leave(number) else { return }
    status.failed += 1
    publishStatus()
    send(.failed(failure), to: generation)
  }

  private func leave(_ number: Int) -> Generation? {
    scheduler.remove(number)
    speculation.leave(number)
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
    board.publish(status, wait: waitEstimate.seconds(runningRequests, pace: pace))
  }

  private var runningRequests: [WaitEstimate.Request] {
    scheduler.running.compactMap { sequence in
      guard let generation = generations[sequence.id] else { return nil }
      return WaitEstimate.Request(
        promptLeft: max(sequence.promptLength - sequence.computed, 0),
        generated: generation.generated, limit: generation.limit)
    }
  }
}
