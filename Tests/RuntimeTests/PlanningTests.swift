import Testing

@testable import Runtime

/// What is decided before and between steps: memory, and how much of a prompt joins a step.
struct PlanningTests {
  private let model = ScriptedModel(vocabulary: 100, pagePositions: 16, contextLimit: 1000)

  @Test func `Without a limit there is a full context for each sequence and one of cache`() throws {
    let configuration = EngineConfiguration(contextSize: 100, parallel: 3, drafting: false)
    let plan = try MemoryPlan(model: model, configuration: configuration)
    #expect(plan.pages == 7 * 4 + 1)
    #expect(plan.cacheBytes == plan.pages * model.pageBytes)
    // One row for each sequence, a spare one, and those of prompts' log-probabilities.
    #expect(plan.extraLogitRows == 8 && plan.draftRows == 0)
    #expect(plan.logitBytes == (3 + 1 + 8) * 100 * 4)
    #expect(plan.totalBytes == plan.cacheBytes + plan.logitBytes)
    #expect(plan.description.contains("464 tokens in 29 pages"))
  }

  @Test func `A memory limit is kept`() throws {
    var configuration = EngineConfiguration(contextSize: 100, parallel: 3, drafting: false)
    configuration.memory = 10 * model.pageBytes + 4800 + 1
    let plan = try MemoryPlan(model: model, configuration: configuration)
    #expect(plan.pages == 10)
    #expect(plan.totalBytes <= 10 * model.pageBytes + 4800 + 1)
    configuration.memory = 7 * model.pageBytes
    #expect(throws: EngineError.self) {
      try MemoryPlan(model: model, configuration: configuration)
    }
  }

  @Test func `What is reserved comes before pages, and the error says what is enough`() throws {
    var configuration = EngineConfiguration(
      contextSize: 100, parallel: 3, reservedBytes: { 3000 + ($0 ?? 80_000) / 8 }, drafting: false)
    let logits = 4800
    let free = try MemoryPlan(model: model, configuration: configuration)
    #expect(free.reservedBytes == 13_000 && free.pages == 29)
    #expect(free.totalBytes == free.cacheBytes + logits + 13_000)
    #expect(free.description.contains("all else         0.0 MB"))

    configuration.memory = 40 * model.pageBytes + logits
    let plan = try MemoryPlan(model: model, configuration: configuration)
    let reserved = 3000 + (40 * model.pageBytes + logits) / 8
    #expect(plan.reservedBytes == reserved)
    #expect(plan.pages == (40 * model.pageBytes - reserved) / model.pageBytes)
    #expect(plan.totalBytes <= 40 * model.pageBytes + logits)

    configuration.memory = 7 * model.pageBytes
    let error = #expect(throws: EngineError.self) {
      try MemoryPlan(model: model, configuration: configuration)
    }
    let text = "\(try #require(error))"
    let least = try #require(
      text.firstMatch(of: /insufficient memory.* for all else; allow (\d+) bytes/)
        .flatMap { Int($0.1) })
    configuration.memory = least
    #expect(try MemoryPlan(model: model, configuration: configuration).pages == 8)
    configuration.memory = least - 2
    #expect(throws: EngineError.self) {
      try MemoryPlan(model: model, configuration: configuration)
    }
  }

  @Test func `Prompt rows are as many as a step can take without lasting too long`() {
    var pace = StepPace(maximumRows: 512)
    func observe(_ count: Int, secondsPerRow: Double) {
      for _ in 0..<count {
        pace.observe(generating: 4, drafted: 0, rows: 4, seconds: 0.010)
        pace.observe(
          generating: 4, drafted: 0, rows: 32, seconds: 0.010 + 28 * secondsPerRow)
      }
    }
    #expect(pace.promptBudget(generating: 4).gentle == 32)
    observe(40, secondsPerRow: 0.0005)
    // A short prompt may take the step to 200 ms, one by itself to 250 ms.
    #expect((375...385).contains(pace.promptBudget(generating: 4).brisk))
    #expect((495...505).contains(pace.promptBudget(generating: 4).alone))
    #expect((5960...6040).contains(pace.promptBudget(generating: 4).shortPrompt))
    // 10 ms may become 22 ms: 12 ms for rows of 0.5 ms.
    #expect((23...26).contains(pace.promptBudget(generating: 4).gentle))
    observe(80, secondsPerRow: 0.005)
    #expect(pace.promptBudget(generating: 4).gentle == StepPace.fewestRows)
    observe(80, secondsPerRow: 0)
    #expect(pace.promptBudget(generating: 4).gentle == 512)
  }

  @Test func `A short prompt may hold others up for a moment, a long one may not`() {
    let budget = PromptBudget(alone: 200, gentle: 10, brisk: 50, shortPrompt: 300)
    #expect(budget.rows(streamsRun: false, shortest: 9000) == 200)
    #expect(budget.rows(streamsRun: true, shortest: 9000) == 10)
    #expect(budget.rows(streamsRun: true, shortest: 300) == 50)
  }

  @Test func `Drafts are as long as they pay`() {
    var pace = StepPace(maximumRows: 64)
    #expect(pace.drafting(accuracy: 1, generating: 1).length == 0)
    pace.observe(generating: 1, drafted: 0, rows: 1, seconds: 0.010)
    for _ in 0..<60 { pace.observe(generating: 1, drafted: 4, rows: 5, seconds: 0.014) }
    // A drafted row costs a tenth of a step: worth it while its chance is better than that.
    #expect(pace.drafting(accuracy: 0.5, generating: 1).length == 3)
    #expect(pace.drafting(accuracy: 0.9, generating: 1).length == StepPace.longestDraft)
    #expect(pace.drafting(accuracy: 0.05, generating: 1).length == 0)
    // Shared by eight streams, a step is hardly longer than a row.
    #expect(pace.drafting(accuracy: 0.7, generating: 8).length == 0)
    #expect(pace.drafting(accuracy: 1, generating: 1).length == StepPace.longestDraft)
    for _ in 0..<60 { pace.observe(generating: 1, drafted: 4, rows: 5, seconds: 0.060) }
    #expect(pace.drafting(accuracy: 1, generating: 1).length == 0)
    for _ in 0..<2000 { pace.observe(generating: 1, drafted: 0, rows: 1, seconds: 0.010) }
    #expect(pace.drafting(accuracy: 1, generating: 1).length > 0)
  }

  @Test func `A guess is what followed the last time`() {
    var drafter = Drafter(prompt: [1, 2, 3, 4, 5, 6, 9, 1, 2, 3])
    #expect(drafter.guess(4) == [4, 5, 6, 9])
    #expect(drafter.guess(0) == [])
    drafter.append(4)
    #expect(drafter.guess(2) == [5, 6])
    drafter.append(8)
    #expect(drafter.guess(2) == [])
    for token: Int32 in [1, 2, 3] { drafter.append(token) }
    #expect(drafter.guess(2) == [4, 8])
    #expect(Drafter(prompt: [7, 7, 7, 7, 7]).guess(3) == [7])
    #expect(Drafter(prompt: [1, 2]).guess(3) == [])
  }

  @Test func `Accuracy follows how often guesses come true`() {
    var drafter = Drafter(prompt: [1, 2, 3, 1, 2, 3])
    for _ in 0..<20 { for token: Int32 in [1, 2, 3] { drafter.append(token) } }
    #expect(drafter.accuracy > 0.95)
    for index in 0..<60 { drafter.append([1, 2, 3, Int32(10 + index)][index % 4]) }
    #expect(drafter.accuracy < 0.95)
  }
}
