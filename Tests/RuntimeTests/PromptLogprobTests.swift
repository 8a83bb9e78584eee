import Foundation
import TestSupport
import Testing

@testable import Runtime

/// Log-probabilities of prompts: complete, right, and in order, whatever else the engine does.
@Suite(.timeLimit(.minutes(30))) struct PromptLogprobTests {
  private let model = ScriptedModel(vocabulary: 64)

  private func request(_ prompt: [Int32], top: Int?, tokens: Int = 0) -> GenerationRequest {
    var request = GenerationRequest(
      id: "a", prompt: prompt, sampling: .greedy, maximumTokens: tokens)
    request.promptLogprobs = top
    return request
  }

  /// Log-softmax at each token of the prompt but the first, added up in double precision.
  private func expected(_ prompt: [Int32]) -> [Double] {
    (1..<prompt.count).map { place in
      let logits = model.expectedLogits(after: Array(prompt[..<place])).map(Double.init)
      return logits[Int(prompt[place])] - log(logits.reduce(0) { $0 + exp($1) })
    }
  }

  private func expectRight(
    _ output: CollectedOutput, _ prompt: [Int32], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(output.failure == nil, sourceLocation: sourceLocation)
    #expect(
      output.promptTokens.map(\.id) == Array(prompt.dropFirst()), sourceLocation: sourceLocation)
    for (token, logprob) in zip(output.promptTokens, expected(prompt)) {
      #expect(
        abs(Double(token.logprob ?? 1) - logprob) < 1e-5, sourceLocation: sourceLocation)
    }
  }

  private func prompt(_ count: Int, seed: UInt64) -> [Int32] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 2..<64, using: &random) }
  }

  @Test(arguments: [1, 2, 5, 16, 17, 100], [true, false])
  func `Every token after the first has its log-probability`(count: Int, drafting: Bool)
    async throws
  {
    let engine = try Engine(
      model: model,
      configuration: EngineConfiguration(contextSize: 256, parallel: 2, drafting: drafting))
    let prompt = prompt(count, seed: UInt64(count))
    let output = await collect(try engine.generate(request(prompt, top: 3)))
    expectRight(output, prompt)
    #expect(output.tokens.isEmpty && output.result?.reason == .length)
    for token in output.promptTokens {
      #expect(token.top.count == 3)
      #expect(token.top.map(\.logprob) == token.top.map(\.logprob).sorted(by: >))
    }
    #expect(model.violations.isEmpty)
  }

  @Test func `A cached beginning changes nothing, and neither does the answer after`() async throws
  {
    let engine = try Engine(
      model: model, configuration: EngineConfiguration(contextSize: 256, parallel: 2))
    let prompt = prompt(60, seed: 1)
    let plain = await collect(try engine.generate(request(prompt, top: nil, tokens: 9)))
    let output = await collect(try engine.generate(request(prompt, top: 0, tokens: 9)))
    expectRight(output, prompt)
    #expect(output.tokens == plain.tokens && plain.promptTokens.isEmpty)
    #expect(output.result?.cachedTokens == 0)
    #expect(model.violations.isEmpty)
  }

  @Test func `Many at once, short of pages, all come out right`() async throws {
    var configuration = EngineConfiguration(contextSize: 128, parallel: 4)
    let roomy = try MemoryPlan(model: model, configuration: configuration)
    configuration.memory = roomy.totalBytes - (roomy.pages - 40) * roomy.pageBytes
    let engine = try Engine(model: model, configuration: configuration)
    let prompts = (0..<8).map { prompt(40 + 9 * $0, seed: UInt64($0 / 2)) }
    let streams = try prompts.enumerated().map { index, prompt in
      try engine.generate(request(prompt, top: index % 3 == 0 ? nil : 1, tokens: 20))
    }
    for (index, stream) in streams.enumerated() {
      let output = await collect(stream)
      #expect(output.tokens == greedyAnswer(model, prompts[index], count: 20))
      if index % 3 == 0 {
        #expect(output.promptTokens.isEmpty)
      } else {
        expectRight(output, prompts[index])
      }
    }
    #expect(model.violations.isEmpty)
  }

  @Test func `A part of a request is cancelled by its own name and with the whole`() async throws {
    let gate = Gate()
    let slow = ScriptedModel(vocabulary: 64, beforeStep: { _ in gate.pass() })
    let engine = try Engine(
      model: slow, configuration: EngineConfiguration(contextSize: 64, parallel: 4))
    var streams: [AsyncStream<GenerationEvent>] = []
    for id in ["r/0", "r/1", "r/10", "rr"] {
      var request = request([3, 4], top: nil, tokens: 40)
      request.id = id
      streams.append(try engine.generate(request))
    }
    #expect(engine.cancel(id: "r/1"))
    gate.open()
    #expect(await collect(streams[1]).result?.reason == .cancelled)
    _ = engine.cancel(id: "r")
    for index in [0, 2] {
      let reason = await collect(streams[index]).result?.reason
      #expect(reason == .cancelled || reason == .length)
    }
    #expect(await collect(streams[3]).result?.reason == .length)
  }
}
