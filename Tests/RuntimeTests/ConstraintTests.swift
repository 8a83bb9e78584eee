import Foundation
import TestSupport
import Testing

@testable import Runtime

/// What a constraint does to sampling, to the rows of a step, to drafts and to ends.
@Suite(.timeLimit(.minutes(30))) struct ConstraintTests {
  private let end: Int32 = 1
  private let prompt: [Int32] = [5, 6, 7, 8, 9]

  private func request(_ constraint: any TokenConstraint) -> GenerationRequest {
    GenerationRequest(
      id: "a", prompt: prompt, sampling: .greedy, endOfSequenceTokens: [end],
      constraint: constraint)
  }

  private func engine(
    _ model: ScriptedModel, drafting: Bool = true, clock: StepClock = .system
  ) throws -> Engine {
    try Engine(
      model: model,
      configuration: EngineConfiguration(contextSize: 256, parallel: 3, drafting: drafting),
      clock: clock)
  }

  /// The most likely path through a language, token by token.
  private func bestPath(_ model: ScriptedModel, _ language: [[Int32]]) -> [Int32] {
    var answer: [Int32] = []
    while true {
      let next = Set(
        language.map { $0 + [end] }.filter { $0.starts(with: answer) }.map { $0[answer.count] })
      let logits = model.expectedLogits(after: prompt + answer)
      let best = next.min { (-logits[Int($0)], $0) < (-logits[Int($1)], $1) }
      guard let best, best != end else { return answer }
      answer.append(best)
    }
  }

  /// Sequences with common beginnings, where every choice between two tokens occurs.
  private func language(seed: Int) -> [[Int32]] {
    var random = SeededRandom(seed: UInt64(seed))
    return (0..<12).map { _ in
      let shared = (0..<Int.random(in: 1...4, using: &random)).map { Int32(20 + $0) }
      let own = (0..<Int.random(in: 1...9, using: &random)).map { _ in
        Int32.random(in: 2..<60, using: &random)
      }
      return shared + own + [61, 62, 63]
    }
  }

  // MARK: Sampling

  @Test(arguments: 0..<20)
  func `The likeliest allowed token comes next, whether the model is asked or not`(seed: Int)
    async throws
  {
    let language = language(seed: seed)
    let model = ScriptedModel(vocabulary: 70)
    let expected = bestPath(model, language)
    for isForcing in [false, true] {
      let engine = try engine(model)
      let constraint = ScriptedConstraint(language, end: end, isForcing: isForcing)
      let output = await collect(try engine.generate(request(constraint)))
      #expect(output.tokens == expected)
      #expect(output.result?.reason == .stop(end))
      #expect(output.result?.generatedTokens == expected.count + 1)
      #expect(constraint.accepted == expected + [end])
      #expect(output.prefill.last.map { [$0.done, $0.total] } == [5, 5])
      #expect(engine.status.pagesUsed == 0)
    }
    #expect(model.violations == [])
  }

  @Test(arguments: SamplerTests.filters)
  func `Every way of sampling stays inside the mask`(parameters: SamplingParameters)
    async throws
  {
    let language = language(seed: 3)
    let engine = try engine(ScriptedModel(vocabulary: 70))
    for seed in 0..<8 {
      var request = request(ScriptedConstraint(language, end: end))
      request.sampling = parameters
      request.sampling.seed = UInt64(seed)
      request.sampling.logitBias = [2: 100, 3: -100]
      request.sampling.repetitionPenalty = 1.3
      request.sampling.dry = DryPenalty(multiplier: 1)
      let output = await collect(try engine.generate(request))
      #expect(language.contains(output.tokens))
      #expect(output.failure == nil)
    }
  }

  @Test func `A constraint that allows everything changes nothing`() async throws {
    let engine = try engine(ScriptedModel(vocabulary: 70))
    var request = request(FreeConstraint())
    request.maximumTokens = 40
    request.sampling.temperature = 1
    request.sampling.seed = 7
    let constrained = await collect(try engine.generate(request))
    request.constraint = nil
    #expect(await collect(try engine.generate(request)).tokens == constrained.tokens)
  }

  @Test func `Log-probabilities are the model's own, and each token has them`() async throws {
    let language = language(seed: 5)
    let model = ScriptedModel(vocabulary: 70)
    let engine = try engine(model)
    var request = request(ScriptedConstraint(language, end: end))
    request.sampling.topLogprobs = 2
    var tokens: [GeneratedToken] = []
    for await event in try engine.generate(request) {
      if case .token(let token) = event { tokens.append(token) }
    }
    #expect(tokens.map(\.id) == bestPath(model, language))
    var before = prompt
    for token in tokens {
      let logits = model.expectedLogits(after: before)
      let total = log(logits.reduce(0) { $0 + exp($1) })
      #expect(abs((token.logprob ?? 0) - (logits[Int(token.id)] - total)) < 1e-4)
      #expect(token.top.first?.id == SchedulerHarness.best(logits))
      before.append(token.id)
    }
    #expect(engine.status.forcedTokens == 0)
  }

  @Test func `A mask cuts a row where its words and the vocabulary end`() throws {
    for count in [1, 63, 64, 65, 128, 200] {
      var values = (0..<count).map { Float($0) }
      var room = [Float](repeating: 0, count: count)
      var words = [UInt64](repeating: 0, count: (count + 63) / 64)
      words[0] = .max
      words[words.count - 1] |= 1 << UInt64((count - 1) % 64)
      values.withUnsafeMutableBufferPointer { values in
        room.withUnsafeMutableBufferPointer { room in
          LogitRow(values: values).copy(to: LogitRow(values: room), where: words)
        }
      }
      for index in 0..<count {
        #expect(room[index] == (index < 64 || index == count - 1 ? Float(index) : -.infinity))
      }
    }
  }

  // MARK: Forced tokens

  @Test func `Tokens without a choice go through the model together`() async throws {
    let model = ScriptedModel(vocabulary: 70, maximumRows: 64)
    let engine = try engine(model)
    let tail = (30..<50).map { Int32($0) }
    let language: [[Int32]] = [[20, 21, 22, 10] + tail, [20, 21, 22, 11] + tail]
    let output = await collect(
      try engine.generate(request(ScriptedConstraint(language, end: end))))
    #expect(language.contains(output.tokens))
    // The prompt with the opening, the twenty tokens after the choice, and nothing else.
    #expect(engine.status.steps == 2)
    #expect(engine.status.rows == 5 + 3 + 21)
    #expect(engine.status.forcedTokens == 23)
    #expect(model.violations == [])
  }

  @Test func `An opening counts as answer, not as prompt`() async throws {
    let model = ScriptedModel(vocabulary: 70, pagePositions: 4)
    let engine = try engine(model)
    let language: [[Int32]] = [[20, 21, 22, 23, 24, 25, 26]]
    for _ in 0..<2 {
      let output = await collect(
        try engine.generate(request(ScriptedConstraint(language, end: end))))
      #expect(output.tokens == language[0])
      #expect(output.result?.promptTokens == 5)
      #expect(output.result.map { $0.cachedTokens <= 5 } == true)
    }
    #expect(engine.status.cachedTokens == 5)
  }

  @Test func `The greatest number of tokens holds for forced ones too`() async throws {
    let engine = try engine(ScriptedModel(vocabulary: 70))
    let language: [[Int32]] = [[20, 21, 22, 10, 40, 41, 42], [20, 21, 22, 11, 40, 41, 42]]
    for limit in 1...6 {
      var request = request(ScriptedConstraint(language, end: end))
      request.maximumTokens = limit
      let output = await collect(try engine.generate(request))
      #expect(output.tokens.count == limit)
      #expect(language.contains { $0.starts(with: output.tokens) })
      #expect(output.result?.reason == .length)
    }
    var request = request(ScriptedConstraint(language, end: end))
    request.maximumTokens = 0
    #expect(await collect(try engine.generate(request)).tokens == [])
  }

  @Test func `Forced tokens find their place beside streams and prompts`() async throws {
    let model = ScriptedModel(vocabulary: 70, maximumRows: 6)
    let engine = try engine(model)
    var streams: [(AsyncStream<GenerationEvent>, [Int32])] = []
    for seed in 0..<6 {
      let language = language(seed: seed)
      streams.append(
        (
          try engine.generate(request(ScriptedConstraint(language, end: end))),
          bestPath(model, language)
        ))
    }
    for (stream, expected) in streams { #expect(await collect(stream).tokens == expected) }
    #expect(model.violations == [])
  }

  // MARK: Drafts

  @Test func `Drafts under a constraint change nothing but the number of steps`() async throws {
    let verse = (0..<60).map { Int32(10 + $0 % 6) }
    let language = [verse, Array(verse.dropLast(7)) + [40, 41], [12, 13]]
    var steps: [Int] = []
    for drafting in [false, true] {
      let time = MadeUpTime()
      let model = ScriptedModel(
        script: verse, vocabulary: 64, endOfSequence: end, beforeStep: { _ in time.pass(0.002) })
      let engine = try engine(model, drafting: drafting, clock: time.clock)
      let constraint = ScriptedConstraint(language, end: end, isForcing: false)
      let output = await collect(try engine.generate(request(constraint)))
      #expect(output.tokens == verse)
      #expect(constraint.accepted == verse + [end])
      #expect((constraint.rolledBack > 0) == drafting)
      #expect(model.violations == [])
      steps.append(engine.status.steps)
    }
    #expect(steps[1] < steps[0] * 2 / 3)
  }

  @Test func `What a constraint refuses is not drafted`() {
    let constraint = ScriptedConstraint([[3, 4, 5, 6]], end: end)
    #expect(constraint.allowedPrefix([3, 4, 9, 6]) == [3, 4])
    #expect(constraint.allowedPrefix([9]) == [])
    #expect(constraint.accepted == [])
  }

  // MARK: Ends

  @Test func `A complete text ends, whatever the request wants`() async throws {
    let engine = try engine(ScriptedModel(vocabulary: 70))
    for change in [
      { $0.minimumTokens = 30 }, { $0.ignoreEndOfSequence = true },
    ] as [(inout GenerationRequest) -> Void] {
      var request = request(ScriptedConstraint([[20, 21, 10], [20, 21, 11]], end: end))
      change(&request)
      let output = await collect(try engine.generate(request))
      #expect(output.tokens.count == 3)
      #expect(output.result?.reason == .stop(end))
    }
  }

  @Test func `A text that may end goes on to the least number of tokens`() async throws {
    let engine = try engine(ScriptedModel(script: [], vocabulary: 70, endOfSequence: end))
    let digits = (1...9).map { [Int32](repeating: 20, count: $0) }
    var request = request(ScriptedConstraint(digits, end: end))
    request.minimumTokens = 6
    #expect(await collect(try engine.generate(request)).tokens.count == 6)
  }

  @Test func `A constraint that allows nothing fails its own request with the reason`()
    async throws
  {
    let engine = try engine(ScriptedModel(vocabulary: 70))
    let output = await collect(try engine.generate(request(ScriptedConstraint([], end: end))))
    #expect(output.failure?.contains("grammar") == true)
    #expect(engine.status.failed == 1)
  }
}
