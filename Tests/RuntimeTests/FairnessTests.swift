import Testing

@testable import Runtime

/// Clients get equal shares, however much each of them asks for.
struct FairnessTests {
  private func prompt(_ count: Int, seed: Int32) -> [Int32] {
    (0..<Int32(count)).map { ($0 &* 7 &+ seed &* 13) % 48 }
  }

  @Test func `A client with one request doesn't wait for all of another's`() throws {
    var harness = try SchedulerHarness(pages: 200, parallel: 2)
    for id in 1...10 { harness.enqueue(id, prompt(9, seed: Int32(id)), generate: 6, client: "a") }
    try harness.turn()
    harness.enqueue(11, prompt(9, seed: 11), generate: 6, client: "b")
    while harness.scheduler[11] != nil { try harness.turn() }
    #expect(harness.answers.filter { $0.value.count == 6 }.keys.sorted() == [1, 2, 11])
    try harness.runToEnd()
    harness.checkAnswers()
  }

  @Test func `Places go round among clients`() throws {
    var harness = try SchedulerHarness(pages: 200, parallel: 3)
    for id in 1...4 { harness.enqueue(id, prompt(9, seed: Int32(id)), generate: 9, client: "a") }
    for id in 5...8 { harness.enqueue(id, prompt(9, seed: Int32(id)), generate: 9, client: "b") }
    harness.enqueue(9, prompt(9, seed: 9), generate: 9, client: "c")
    try harness.turn()
    #expect(harness.scheduler.running.map(\.id) == [1, 5, 9])
    try harness.runToEnd()
    harness.checkAnswers()
  }

  @Test func `The client that has had less goes first, and pauses earn nothing`() {
    var shares = ClientShares()
    shares.enter("a")
    shares.charge("a", rows: 10_000, generated: 0)
    shares.enter("b")
    // b came now, and starts level.
    #expect(shares.rank("a") == shares.rank("b"))
    shares.charge("b", rows: 3000, generated: 0)
    #expect(shares.rank("a") < shares.rank("b"))
    shares.leave("b")
    shares.charge("a", rows: 1000, generated: 0)
    shares.enter("b")
    #expect(shares.rank("a") < shares.rank("b"))
    shares.leave("a")
    shares.charge("b", rows: 50_000, generated: 100)
    shares.enter("a")
    #expect(shares.rank("a") == shares.rank("b"))
  }

  @Test func `Nothing is remembered of clients that would start level`() {
    var shares = ClientShares()
    for number in 0..<1000 {
      shares.enter("\(number)")
      shares.charge("\(number)", rows: number, generated: 1)
      shares.leave("\(number)")
    }
    #expect(shares == ClientShares())
  }

  @Test func `Long prompts of different clients take turns, those of one client don't`() throws {
    for clients in [["a", "b"], ["a", "a"]] {
      var scheduler = Scheduler(
        limits: Scheduler.Limits(pages: 400, pagePositions: 64, maximumRows: 256, parallel: 2))
      for (id, client) in clients.enumerated() {
        let text = (0..<Int32(9000)).map { ($0 &* 31 &+ Int32(id)) % 997 }
        scheduler.enqueue(id: id, prompt: text, client: client)
      }
      // The shorter one gets the other half, so that both go on; here they are equally long.
      for _ in 0..<30 {
        let plan = scheduler.plan(
          PromptBudget(alone: 256, gentle: 256, brisk: 0, shortPrompt: 0))
        scheduler.complete(plan)
      }
      let computed = scheduler.running.map(\.computed)
      if clients[0] == clients[1] {
        #expect(computed[0] == 30 * 256)
      } else {
        #expect(computed.allSatisfy { $0 > 1000 })
      }
    }
  }

  @Test func `Preempted sequences of any client come back with the same answer`() throws {
    var harness = try SchedulerHarness(pages: 12, parallel: 4)
    for id in 1...6 {
      harness.enqueue(id, prompt(8, seed: Int32(id)), generate: 30, client: "\(id % 2)")
    }
    try harness.runToEnd()
    #expect(harness.scheduler.preemptions > 0)
    #expect(harness.answers.values.allSatisfy { $0.count == 30 })
    harness.checkAnswers()
    #expect(harness.scheduler.shares == ClientShares())
  }

  // MARK: Why a prefix was missed

  @Test func `A prompt knows where it went another way than what is cached`() throws {
    var harness = try SchedulerHarness(pages: 100, parallel: 1)
    let first = prompt(19, seed: 1)
    harness.enqueue(1, first, generate: 4)
    try harness.runToEnd()
    let answer = harness.answers[1] ?? []
    var changed = first
    changed[9] = (changed[9] + 1) % 48
    harness.enqueue(2, changed, generate: 1)
    harness.enqueue(3, first + answer + [1, 2], generate: 1)
    harness.enqueue(4, [47] + first, generate: 1)
    harness.enqueue(5, first + [(answer[0] + 1) % 48, 5, 6], generate: 1)
    try harness.runToEnd()
    #expect(harness.divergence == [2: 9, 4: 0, 5: 19])
    harness.checkAnswers()
  }
}
