import TestSupport
import Testing

@testable import Runtime

/// Which rows and pages each step gets, checked exactly against a scripted model.
struct SchedulerTests {
  private func prompt(_ count: Int, seed: Int32 = 0) -> [Int32] {
    (0..<Int32(count)).map { ($0 &* 7 &+ seed &* 13) % 48 }
  }

  @Test func `One sequence prefills in full steps and then generates row by row`() throws {
    var harness = try SchedulerHarness(pages: 16)
    harness.enqueue(1, prompt(19), generate: 3)
    try harness.runToEnd()
    #expect(harness.plans.map(\.rows) == [8, 8, 3, 1, 1])
    #expect(harness.plans.map { $0.runs[0].wantsLogits } == [false, false, true, true, true])
    harness.checkAnswers()
  }

  @Test func `A step carries the next token of every running sequence and a piece of a prompt`()
    throws
  {
    var harness = try SchedulerHarness(pages: 32)
    harness.enqueue(1, prompt(3, seed: 1), generate: 20)
    harness.enqueue(2, prompt(4, seed: 2), generate: 20)
    try harness.turn()
    harness.enqueue(3, prompt(30, seed: 3), generate: 2)
    try harness.turn(promptRows: 4)
    #expect(harness.plans[1].runs.map(\.sequence) == [1, 2, 3])
    #expect(harness.plans[1].runs.map(\.positions.count) == [1, 1, 4])
    try harness.runToEnd()
    harness.checkAnswers()
  }

  @Test func `Answers don't depend on how the prompts are cut`() throws {
    for promptRows in [1, 3, 7, 100] {
      var harness = try SchedulerHarness(pages: 64, maximumRows: 8)
      for id in 1...6 { harness.enqueue(id, prompt(5 * id, seed: Int32(id)), generate: 6) }
      try harness.runToEnd(promptRows: promptRows)
      harness.checkAnswers()
    }
  }

  @Test func `A short prompt isn't held up by a long one, and the long one goes on`() throws {
    var harness = try SchedulerHarness(pages: 64)
    harness.enqueue(1, prompt(100), generate: 1)
    try harness.turn()
    harness.enqueue(2, prompt(8, seed: 5), generate: 1)
    try harness.turn()
    #expect(harness.plans[1].runs.map(\.positions.count) == [4, 4])
    try harness.turn()
    #expect(harness.answers[2]?.count == 1)
    try harness.runToEnd()
    harness.checkAnswers()
  }

  @Test func `More streams than rows take turns`() throws {
    var harness = try SchedulerHarness(pages: 64, parallel: 6, maximumRows: 4)
    for id in 1...6 { harness.enqueue(id, [Int32(id)], generate: 8) }
    for _ in 0..<12 { try harness.turn() }
    let counts = harness.answers.values.map(\.count)
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    try harness.runToEnd()
    harness.checkAnswers()
  }

  // MARK: Prefixes

  @Test func `Sequences that begin with the same pages stand side by side in a step`() throws {
    var harness = try SchedulerHarness(pages: 64, parallel: 5, maximumRows: 16)
    for (id, seed, common) in [(1, 1, 16), (2, 2, 16), (3, 1, 8), (4, 2, 16), (5, 1, 16)] {
      let ending = Int32(40 + id)
      harness.enqueue(id, prompt(common, seed: Int32(seed)) + [ending, ending], generate: 20)
    }
    while harness.scheduler.running.contains(where: { !$0.isStreaming })
      || !harness.scheduler.waiting.isEmpty
    {
      try harness.turn(promptRows: 16)
    }
    try harness.turn()
    let order = try #require(harness.plans.last).runs.map(\.sequence)
    #expect(order == [1, 5, 3, 2, 4] || order == [3, 1, 5, 2, 4], "\(order)")
    try harness.runToEnd()
    harness.checkAnswers()
  }

  @Test func `A second turn computes only what is new`() throws {
    var harness = try SchedulerHarness(pages: 32)
    harness.enqueue(1, prompt(18), generate: 9)
    try harness.runToEnd()
    let firstTurn = harness.rowsComputed
    #expect(firstTurn == 18 + 8)
    let conversation = prompt(18) + (harness.answers[1] ?? []) + [1, 2, 3]
    harness.enqueue(2, conversation, generate: 4)
    try harness.runToEnd()
    // The last generated token was never fed back, so it is new as well.
    #expect(harness.cached[2] == 18 + 8)
    #expect(harness.rowsComputed - firstTurn == 4 + 3)
    harness.checkAnswers()
  }

  @Test func `At least the last token of a prompt is computed`() throws {
    for (length, cached) in [(8, 7), (9, 8), (11, 10)] {
      var harness = try SchedulerHarness(pages: 32)
      harness.enqueue(1, prompt(length), generate: 1)
      try harness.runToEnd()
      harness.enqueue(2, prompt(length), generate: 3)
      try harness.runToEnd()
      #expect(harness.cached[2] == cached)
      harness.checkAnswers()
    }
  }

  @Test func `An interrupted prefill is resumed where it stopped`() throws {
    var harness = try SchedulerHarness(pages: 64)
    harness.enqueue(1, prompt(60), generate: 1)
    for _ in 0..<3 { try harness.turn() }
    harness.leave(1)
    try harness.checkPages()
    harness.enqueue(2, prompt(60), generate: 1)
    try harness.runToEnd()
    #expect(harness.cached[2] == 24)
    #expect(harness.rowsComputed == 60)
    #expect(harness.answers[2] == harness.expectedAnswer(2))
  }

  @Test func `Prompts that arrive together compute what they share once`() throws {
    var harness = try SchedulerHarness(pages: 64)
    let shared = prompt(22)
    harness.enqueue(1, shared + [1, 2, 3], generate: 2)
    harness.enqueue(2, shared + [4, 5, 6, 7], generate: 2)
    harness.enqueue(3, shared + [4, 5, 6, 8], generate: 2)
    try harness.runToEnd()
    harness.checkAnswers()
    // 22 shared and 3 own; 4 own; 4 own, of which 3 are too few to be worth a copy.
    #expect(harness.rowsComputed <= 25 + 6 + 8 + 3)
    #expect(harness.rowsComputed < 40)
  }

  @Test func `Many choices of one prompt compute it once, but for its last token`() throws {
    var harness = try SchedulerHarness(pages: 64)
    for id in 1...4 { harness.enqueue(id, prompt(26), generate: 1) }
    try harness.runToEnd()
    harness.checkAnswers()
    // Each alone computes position 25, and the one before, which is too little to copy.
    #expect(harness.rowsComputed == 26 + 3 * 2)
  }

  // MARK: Room

  @Test func `The least recently used pages make room`() throws {
    var harness = try SchedulerHarness(pages: 8, parallel: 1)
    harness.enqueue(1, prompt(12, seed: 1), generate: 1)
    harness.enqueue(2, prompt(12, seed: 2), generate: 1)
    harness.enqueue(3, prompt(12, seed: 3), generate: 1)
    try harness.runToEnd()
    harness.enqueue(4, prompt(12, seed: 3) + [9], generate: 1)
    harness.enqueue(5, prompt(12, seed: 1) + [9], generate: 1)
    try harness.runToEnd()
    #expect(harness.cached[4] == 12)
    // Its last two pages went, from the end: the first one is still good for something.
    #expect(harness.cached[5] == 4)
    harness.checkAnswers()
  }

  @Test func `With too few pages the youngest gives way and comes back with the same answer`()
    throws
  {
    var harness = try SchedulerHarness(pages: 12, parallel: 4)
    for id in 1...4 { harness.enqueue(id, prompt(8, seed: Int32(id)), generate: 30) }
    try harness.runToEnd()
    #expect(harness.scheduler.preemptions > 0)
    #expect(harness.answers.values.allSatisfy { $0.count == 30 })
    harness.checkAnswers()
  }

  @Test func `A prompt waits until its pages can be had`() throws {
    var harness = try SchedulerHarness(pages: 10, parallel: 4)
    harness.enqueue(1, prompt(24, seed: 1), generate: 2)
    harness.enqueue(2, prompt(24, seed: 2), generate: 2)
    try harness.turn()
    #expect(harness.scheduler.running.map(\.id) == [1])
    #expect(harness.scheduler.waiting.map(\.id) == [2])
    try harness.runToEnd()
    harness.checkAnswers()
  }

  @Test func `After everything has left, only the tree holds pages`() throws {
    var harness = try SchedulerHarness(pages: 40)
    for id in 1...8 { harness.enqueue(id, prompt(4 + id, seed: Int32(id % 3)), generate: 5) }
    for _ in 0..<4 { try harness.turn() }
    for id in 1...8 { harness.leave(id) }
    let ledger = harness.scheduler.ledger
    #expect(ledger.used == 0)
    #expect(ledger.freeCount + ledger.tree.count == 40)
    #expect(ledger.tree.unreferencedCount == ledger.tree.count)
  }

  // MARK: Drafts

  @Test func `Drafted tokens that come true are computed in one step`() throws {
    var harness = try SchedulerHarness(pages: 32, draftRows: 4)
    harness.enqueue(1, prompt(6), generate: 11)
    try harness.turn()
    for _ in 0..<2 {
      harness.draft(1, count: 4)
      try harness.turn()
    }
    #expect(harness.plans.map(\.rows) == [6, 5, 5])
    #expect(harness.answers[1]?.count == 11)
    harness.checkAnswers()
  }

  @Test func `What was drafted wrongly is as if it had never been`() throws {
    for wrong in 0..<4 {
      var harness = try SchedulerHarness(pages: 32, draftRows: 4)
      harness.enqueue(1, prompt(6), generate: 20)
      try harness.turn()
      while harness.scheduler[1] != nil {
        harness.draft(1, count: 4, wrong: [wrong])
        try harness.turn()
      }
      #expect(harness.draftHits >= wrong * 3)
      harness.checkAnswers()
    }
  }

  @Test func `Drafts wait while prompts come in, and share their rows`() throws {
    var harness = try SchedulerHarness(pages: 64, maximumRows: 8, draftRows: 5)
    harness.enqueue(1, prompt(4, seed: 1), generate: 30)
    harness.enqueue(2, prompt(4, seed: 2), generate: 30)
    try harness.turn()
    harness.draft(1, count: 4)
    harness.draft(2, count: 4)
    try harness.turn()
    #expect(harness.plans[1].runs.map(\.drafted) == [4, 1])
    harness.enqueue(3, prompt(6, seed: 3), generate: 1)
    harness.draft(1, count: 4)
    try harness.turn()
    #expect(harness.plans[2].runs.map(\.drafted) == [0, 0, 0])
    try harness.runToEnd()
    harness.checkAnswers()
  }

  @Test(arguments: 0..<40)
  func `Random loads with early ends always give the right answers`(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    var harness = try SchedulerHarness(
      pages: Int.random(in: 12...40, using: &random),
      parallel: Int.random(in: 1...5, using: &random),
      maximumRows: Int.random(in: 1...12, using: &random),
      minimumOverlap: Int.random(in: 1...4, using: &random),
      draftRows: Int.random(in: 0...4, using: &random))
    for id in 1...30 {
      // Few beginnings, so that sharing, copying and eviction all happen.
      let beginning = Int32.random(in: 0...2, using: &random)
      let shared = prompt(Int.random(in: 1...20, using: &random), seed: beginning)
      let tail = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        Int32.random(in: 0...1, using: &random)
      }
      harness.enqueue(id, shared + tail, generate: Int.random(in: 1...18, using: &random))
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        if let chosen = harness.scheduler.running.randomElement(using: &random) {
          let wrong = Int.random(in: 0...5, using: &random)
          harness.draft(chosen.id, count: Int.random(in: 0...5, using: &random), wrong: [wrong])
        }
        try harness.turn(promptRows: Int.random(in: 1...9, using: &random))
      }
      if Int.random(in: 0...4, using: &random) == 0 {
        harness.leave(Int.random(in: 1...id, using: &random))
      }
    }
    try harness.runToEnd()
    harness.checkAnswers()
    #expect(harness.scheduler.running.isEmpty && harness.scheduler.waiting.isEmpty)
    #expect(harness.scheduler.ledger.used == 0)
  }
}
