import Testing

@testable import Runtime

/// What the cost of a step says about its size, and what that does to streams beside a long prompt.
struct PaceTests {
  /// Reads its weights in 10 ms whatever the rows, then half a millisecond a row.
  private let curve: [Int: Double] = [1: 10, 2: 10, 4: 10, 8: 12, 32: 24, 128: 72, 512: 264]

  @Test func `A cost curve is followed between its points and beyond`() throws {
    let cost = try #require(StepCost(milliseconds: curve))
    #expect(cost.seconds(rows: 1) == 0.010)
    #expect(abs(cost.seconds(rows: 20) - 0.018) < 1e-9)
    #expect(abs(cost.seconds(rows: 1024) - 0.528) < 1e-9)
    #expect(StepCost(milliseconds: [:]) == nil)
    #expect(StepCost(milliseconds: [0: 3, 4: .nan, 8: 0]) == nil)
    // Longer steps aren't shorter, whatever was measured.
    #expect(StepCost(milliseconds: [1: 10, 2: 8])?.seconds(rows: 2) == 0.010)
  }

  @Test func `The first prompt beside streams is cut by the cost curve`() throws {
    let pace = StepPace(maximumRows: 512, cost: StepCost(milliseconds: curve))
    let budget = pace.promptBudget(generating: 4)
    // 4 + 24 rows take 22 ms, 2.2 times as long as 4.
    #expect(budget.gentle == 24)
    #expect((376...382).contains(budget.brisk))
    #expect((480...486).contains(budget.alone))
    #expect((5800...5824).contains(budget.shortPrompt))
  }

  @Test func `A machine slower than the curve's cuts alike`() throws {
    var pace = StepPace(maximumRows: 512, cost: StepCost(milliseconds: curve))
    for _ in 0..<40 { pace.observe(generating: 4, drafted: 0, rows: 4, seconds: 0.040) }
    #expect(pace.promptBudget(generating: 4).gentle == 24)
    // Prompt rows alone have become dearer: at a great depth they attend to much.
    for _ in 0..<40 { pace.observe(generating: 4, drafted: 0, rows: 32, seconds: 0.192) }
    #expect((5...10).contains(pace.promptBudget(generating: 4).gentle))
  }

  @Test func `A curve that says too much of prompts is put right`() throws {
    // As it is measured while the machine is busy: small steps as they are, large ones twice.
    let busy = StepCost(milliseconds: [1: 10, 2: 10, 4: 10, 8: 20, 32: 48, 128: 144, 512: 528])
    var pace = StepPace(maximumRows: 512, cost: busy)
    let before = pace.promptBudget(generating: 4)
    for _ in 0..<60 {
      pace.observe(generating: 4, drafted: 0, rows: 4, seconds: 0.010)
      let rows = 4 + pace.promptBudget(generating: 4).gentle
      pace.observe(generating: 4, drafted: 0, rows: rows, seconds: 0.008 + Double(rows) * 0.0005)
    }
    let after = pace.promptBudget(generating: 4)
    #expect(before.gentle < 10)
    #expect((17...24).contains(after.gentle))
    #expect(after.shortPrompt > before.shortPrompt * 3 / 2)
  }

  @Test(arguments: [true, false])
  func `More streams may take longer steps though none was theirs alone`(hasCurve: Bool) throws {
    let cost = StepCost(milliseconds: [1: 20, 8: 60, 128: 780])
    var pace = StepPace(maximumRows: 128, cost: hasCurve ? cost : nil)
    for _ in 0..<20 {
      pace.observe(generating: 1, drafted: 0, rows: 1, seconds: 0.020)
      pace.observe(generating: 8, drafted: 0, rows: 8, seconds: 0.060)
      pace.observe(generating: 8, drafted: 0, rows: 16, seconds: 0.108)
    }
    for _ in 0..<20 { pace.observe(generating: 1, drafted: 0, rows: 1, seconds: 0.020) }
    // Twice 60 ms leave 60 ms for prompts, at 6 ms a row.
    #expect((9...12).contains(pace.promptBudget(generating: 8).gentle))
    #expect(pace.promptBudget(generating: 1).gentle < 8)
  }

  /// Steps that take up to `spread` times as long as they should, at random.
  @Test(arguments: [1.0, 1.4, 1.6])
  func `An unsteady machine gets shorter steps, and its streams keep their pace`(spread: Double)
    throws
  {
    let cost = try #require(StepCost(milliseconds: curve))
    var pace = StepPace(maximumRows: 512, cost: cost)
    for _ in 0..<20 { pace.observe(generating: 4, drafted: 0, rows: 4, seconds: 0.010) }
    let random = CounterRandom(seed: 7)
    var (steps, planned): ([Double], [Int]) = ([], [])
    for turn in 0..<4000 {
      let rows = 4 + pace.promptBudget(generating: 4).gentle
      let disturbance = 1 + (spread - 1) * random.uniform(.draw, at: turn)
      let seconds = cost.seconds(rows: rows) * disturbance
      pace.observe(generating: 4, drafted: 0, rows: rows, seconds: seconds)
      steps.append(seconds)
      planned.append(rows)
    }
    let late = steps.suffix(3000).sorted()
    #expect(late[late.count * 99 / 100] <= 0.030)
    // As long as they may be, nearly, and longer than the shortest: 12 rows take 14 ms.
    #expect(late[late.count * 99 / 100] >= 0.023)
    #expect(planned.suffix(1000).reduce(0, +) > 1000 * 12)
  }

  @Test func `Steps that can't be shorter don't shorten later ones`() throws {
    let cost = try #require(StepCost(milliseconds: curve))
    var pace = StepPace(maximumRows: 512, cost: cost)
    for _ in 0..<20 { pace.observe(generating: 4, drafted: 0, rows: 4, seconds: 0.010) }
    let before = pace.promptBudget(generating: 4).gentle
    // Deep in their context the fewest rows take a step to more than streams are promised.
    for _ in 0..<200 {
      let rows = 4 + StepPace.fewestRows
      pace.observe(generating: 4, drafted: 0, rows: rows, seconds: 0.035)
    }
    #expect(pace.promptBudget(generating: 4).gentle == StepPace.fewestRows)
    for _ in 0..<60 { pace.observe(generating: 4, drafted: 0, rows: 24, seconds: 0.020) }
    #expect(pace.promptBudget(generating: 4).gentle >= before - 2)
  }

  @Test func `Streams that get deeper leave a long prompt as much room as before`() throws {
    let cost = try #require(StepCost(milliseconds: curve))
    var pace = StepPace(maximumRows: 512, cost: cost)
    for _ in 0..<20 { pace.observe(generating: 4, drafted: 0, rows: 4, seconds: 0.010) }
    var (planned, waits): ([Int], Int) = ([], 0)
    for turn in 0..<2000 {
      let depth = 1 + 3 * Double(turn) / 2000  // in the end a step takes four times as long
      let budget = pace.promptBudget(generating: 4)
      let prompt = budget.rows(streamsRun: true, shortest: 100_000)
      pace.observe(
        generating: 4, drafted: 0, rows: 4 + prompt,
        seconds: 0.010 * depth + cost.seconds(rows: 4 + prompt) - 0.010)
      if prompt > 0 { planned.append(prompt) } else { waits += 1 }
      #expect(budget.rows(streamsRun: true, shortest: 10) > 0)
      #expect(budget.rows(streamsRun: false, shortest: 100_000) > 0)
    }
    // 4 + 20 rows take twice what 4 do, and ever more fit into twice what streams take.
    #expect(planned.prefix(100).allSatisfy { $0 >= 14 })
    #expect(planned.suffix(100).allSatisfy { $0 >= 40 })
    #expect((100...130).contains(waits))
  }

  @Test func `Single long steps don't stretch what streams are promised`() throws {
    let cost = try #require(StepCost(milliseconds: curve))
    var pace = StepPace(maximumRows: 512, cost: cost)
    for turn in 0..<15 {
      pace.observe(generating: 4, drafted: 0, rows: 4, seconds: turn % 3 == 2 ? 0.1 : 0.010)
    }
    #expect(pace.promptBudget(generating: 4).gentle <= 20)
  }

  /// Steps of a made-up machine: weights once, rows, and what they attend to.
  private func seconds(of plan: StepPlan) -> Double {
    let depth = plan.runs.reduce(0.0) { sum, run in
      sum + run.positions.reduce(0) { $0 + Double($1) }
    }
    return max(0.010, 0.008 + Double(plan.rows) * 0.0005) + depth * 4e-8
  }

  /// The lengths of all steps in which streams run while an 8k prompt comes in.
  private func gaps(cost: StepCost?) -> [Double] {
    var scheduler = Scheduler(
      limits: Scheduler.Limits(pages: 1000, pagePositions: 64, maximumRows: 512, parallel: 8))
    var pace = StepPace(maximumRows: 512, cost: cost)
    var gaps: [Double] = []
    for id in 1...4 { scheduler.enqueue(id: id, prompt: [Int32(id)], client: "\(id)") }
    for turn in 0..<3000 {
      if turn == 50 {
        let prompt = (0..<Int32(8192)).map { $0 % 1000 }
        scheduler.enqueue(id: 9, prompt: prompt, client: "long")
      }
      let streams = scheduler.running.count(where: \.isStreaming)
      let plan = scheduler.plan(pace.promptBudget(generating: streams))
      let duration = seconds(of: plan)
      scheduler.complete(plan)
      pace.observe(
        generating: plan.runs.count(where: \.isStreaming), drafted: 0, rows: plan.rows,
        seconds: duration)
      for run in plan.runs where run.wantsLogits {
        _ = scheduler.append(Int32(turn % 900), to: run.sequence)
      }
      if turn >= 50 { gaps.append(duration) }
      if plan.runs.contains(where: { $0.sequence == 9 && $0.wantsLogits }) { break }
    }
    return gaps.sorted()
  }

  @Test func `Streams keep their pace during an 8k prefill`() throws {
    for cost in [StepCost(milliseconds: curve), nil] {
      let gaps = gaps(cost: cost)
      #expect(gaps.count > 100)
      // Alone, the four streams take 10 ms a token.
      #expect(gaps[gaps.count * 99 / 100] <= 0.030)
      #expect(gaps[gaps.count / 2] >= 0.018)
    }
  }

  @Test func `The rest of a long prompt isn't taken for a short one`() {
    var long = ScheduledSequence(id: 1, prompt: [Int32](repeating: 3, count: 900))
    long.computed = 850
    let stream = ScheduledSequence(id: 2, prompt: [3])
    let budget = PromptBudget(alone: 200, gentle: 10, brisk: 50, shortPrompt: 300)
    let shares = RowShares(
      [long, stream],
      limits: Scheduler.Limits(pages: 9, pagePositions: 4, maximumRows: 64, parallel: 2),
      prompts: budget, clients: ClientShares())
    #expect(shares.rows == [1: 10, 2: 1])
    long.cached = 700
    let nearlyKnown = RowShares(
      [long, stream],
      limits: Scheduler.Limits(pages: 9, pagePositions: 4, maximumRows: 64, parallel: 2),
      prompts: budget, clients: ClientShares())
    #expect(nearlyKnown.rows == [1: 50, 2: 1])
  }

  // MARK: Waiting

  @Test func `A refused client is told when the first answer can be expected to end`() {
    var pace = StepPace(maximumRows: 64)
    pace.observe(generating: 2, drafted: 0, rows: 2, seconds: 0.1)
    pace.observe(generating: 2, drafted: 0, rows: 34, seconds: 0.1 + 32 * 0.01)
    var estimate = WaitEstimate()
    let young = WaitEstimate.Request(promptLeft: 0, generated: 10, limit: 1000)
    let old = WaitEstimate.Request(promptLeft: 0, generated: 190, limit: 1000)
    let capped = WaitEstimate.Request(promptLeft: 0, generated: 395, limit: 400)
    let new = WaitEstimate.Request(promptLeft: 128, generated: 0, limit: 10)
    #expect(estimate.seconds([], pace: pace) == 0)
    // Nobody knows yet how long answers are.
    #expect(abs(estimate.seconds([young], pace: pace) - 24.6) < 1e-6)
    let short = WaitEstimate.Request(promptLeft: 0, generated: 10, limit: 50)
    #expect(abs(estimate.seconds([short], pace: pace) - 4) < 1e-6)
    for _ in 0..<40 { estimate.requestEnded(generated: 200) }
    #expect(abs(estimate.seconds([young], pace: pace) - 19) < 1e-6)
    // One as long as most may go on for half as long again.
    #expect(abs(estimate.seconds([young, old], pace: pace) - 10) < 1e-6)
    #expect(abs(estimate.seconds([young, capped], pace: pace) - 0.5) < 1e-6)
    #expect(abs(estimate.seconds([new], pace: pace) - (1.28 + 1)) < 1e-6)
  }
}
