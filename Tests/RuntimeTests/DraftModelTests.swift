import Foundation
import TestSupport
import Testing

@testable import Runtime

/// A second model that guesses: right tokens, right pages, and no loss where it is no good.
@Suite(.timeLimit(.minutes(30))) struct DraftModelTests {
  private let configuration = EngineConfiguration(contextSize: 700, parallel: 4)

  /// - Parameter seconds: how long each step seems to take.
  private func hashedModel(seconds: Double = 0, _ time: MadeUpTime? = nil) -> ScriptedModel {
    ScriptedModel(vocabulary: 48, recordLimit: 2000) { _ in time?.pass(seconds) }
  }

  private func prompt(_ seed: Int32, count: Int = 9) -> [Int32] {
    (0..<Int32(count)).map { ($0 * 7 + seed * 13) % 48 }
  }

  // MARK: Guesses

  @Test func `Guesses are what the model itself would say next`() throws {
    let model = hashedModel()
    let draft = try #require(DraftModel(model, configuration: configuration))
    var texts = (0..<4).map { prompt(Int32($0)) }
    for turn in 0..<12 {
      let wishes = texts.indices.map {
        DraftModel.Wish(stream: $0, tokens: texts[$0], count: 1 + ($0 + turn) % 4)
      }
      let guesses = draft.guess(wishes, lateSeconds: 1)
      for wish in wishes {
        #expect(guesses[wish.stream] == greedyAnswer(model, wish.tokens, count: wish.count))
        // Some of it comes true, then something else is said.
        texts[wish.stream] += (guesses[wish.stream] ?? []).prefix(turn % 3) + [Int32(turn)]
      }
    }
    #expect(model.violations == [])
  }

  @Test func `A long text is caught up with piece by piece, and known to its successor`() throws {
    let model = hashedModel()
    let draft = try #require(DraftModel(model, configuration: configuration))
    let text = prompt(3, count: 200)
    var turns = 0
    while draft.guess([.init(stream: 1, tokens: text, count: 2)], lateSeconds: 0) == [:] {
      turns += 1
      try #require(turns < 40)
    }
    #expect(turns > 3)
    draft.leave(1)
    let before = model.steps.reduce(0) { $0 + $1.rows.count }
    let next = Array(text.prefix(150)) + [1, 2, 3]
    #expect(
      draft.guess([.init(stream: 2, tokens: next, count: 1)], lateSeconds: 0)
        == [2: greedyAnswer(model, next, count: 1)])
    #expect(model.steps.reduce(0) { $0 + $1.rows.count } - before == 3)
    #expect(model.violations == [])
  }

  @Test func `Nothing is guessed past the draft model's own context`() throws {
    let model = ScriptedModel(vocabulary: 48, contextLimit: 12)
    let draft = try #require(DraftModel(model, configuration: configuration))
    let nine = draft.guess([.init(stream: 1, tokens: prompt(1), count: 8)], lateSeconds: 1)
    #expect(nine[1]?.count == 3)
    #expect(
      draft.guess([.init(stream: 1, tokens: prompt(1, count: 12), count: 8)], lateSeconds: 1)
        == [:])
    #expect(model.violations == [])
  }

  // MARK: In the engine

  private struct Run {
    var answers: [[Int32]] = []
    var status = EngineStatus()
  }

  private func run(
    draft: (any LanguageModel)?, _ time: MadeUpTime = MadeUpTime(), drafting: Bool = true,
    tokens: Int = 150,
    change: (inout GenerationRequest) -> Void = { _ in }
  ) async throws -> Run {
    let model = hashedModel(seconds: 0.004, time)
    var configuration = configuration
    configuration.drafting = drafting
    let engine = try Engine(
      model: model, draftModel: draft, configuration: configuration, clock: time.clock)
    var streams: [AsyncStream<GenerationEvent>] = []
    for number in 0..<2 {
      var request = GenerationRequest(
        id: "\(number)", prompt: prompt(Int32(number)), sampling: .greedy,
        maximumTokens: tokens)
      change(&request)
      streams.append(try engine.generate(request))
    }
    var run = Run()
    for stream in streams { run.answers.append(await collect(stream).tokens) }
    run.status = engine.status
    #expect(model.violations == [])
    #expect(run.status.pagesUsed == 0)
    return run
  }

  @Test func `A good draft model saves steps and changes nothing`() async throws {
    let plain = try await run(draft: nil, drafting: false)
    for period in [3, 1000] {
      let time = MadeUpTime()
      let draft = FlawedModel(hashedModel(seconds: 0.0002, time), period: period)
      let drafted = try await run(draft: draft, time)
      #expect(drafted.answers == plain.answers)
      #expect(drafted.status.steps < plain.status.steps * 3 / 4)
      #expect(drafted.status.acceptedTokens > 60)
      #expect(draft.base.violations == [])
    }
  }

  @Test func `A draft model that is no good is left alone`() async throws {
    let plain = try await run(draft: nil, drafting: false, tokens: 300)
    let time = MadeUpTime()
    let draft = FlawedModel(hashedModel(seconds: 0.0002, time), period: 1)
    let drafted = try await run(draft: draft, time, tokens: 300)
    #expect(drafted.answers == plain.answers)
    #expect(draft.base.violations == [])
    // Tried at first and then now and again.
    #expect(drafted.status.draftedTokens < 150)
    #expect(draft.base.steps.count < 150)
  }

  @Test func `A draft model as slow as the model itself is left alone`() async throws {
    let time = MadeUpTime()
    let draft = hashedModel(seconds: 0.005, time)
    let drafted = try await run(draft: draft, time, tokens: 60)
    #expect(draft.steps.count < 20)
    #expect(drafted.answers == [0, 1].map { greedyAnswer(draft, prompt($0), count: 60) })
  }

  @Test func `Sampling and constraints come out the same with a draft model`() async throws {
    let language = (0..<40).map { seed in
      var random = SeededRandom(seed: UInt64(seed % 8))
      return (0..<80).map { _ in Int32.random(in: 2..<48, using: &random) } + [Int32(seed)]
    }
    for isConstrained in [false, true] {
      let change: (inout GenerationRequest) -> Void = {
        $0.sampling.temperature = 0.05
        $0.sampling.seed = 5
        $0.endOfSequenceTokens = [1]
        guard isConstrained else { return }
        $0.constraint = ScriptedConstraint(language, end: 1, isForcing: false)
      }
      let plain = try await run(draft: nil, drafting: false, tokens: 60, change: change)
      let time = MadeUpTime()
      let drafted = try await run(
        draft: hashedModel(seconds: 0.0002, time), time, tokens: 60, change: change)
      #expect(drafted.answers == plain.answers)
      #expect(drafted.status.draftedTokens > 0)
    }
  }

  @Test func `Another vocabulary is refused, and the plan counts the draft model`() throws {
    let model = hashedModel()
    #expect {
      try Engine(
        model: model, draftModel: ScriptedModel(vocabulary: 49), configuration: configuration)
    } throws: {
      "\($0)".contains("vocabulary of 49 tokens and the model one of 48")
    }
    let draft = FlawedModel(hashedModel(), period: 2)
    let plan = try MemoryPlan(model: model, draftModel: draft, configuration: configuration)
    let alone = try MemoryPlan(model: model, configuration: configuration)
    #expect(plan.draftModelBytes == 1010 + 4 * 175 * draft.pageBytes + 5 * 48 * 4)
    #expect(plan.totalBytes == alone.totalBytes + plan.draftModelBytes)
    #expect(plan.description.contains("draft model"))
  }
}
