import Foundation
import TestSupport
import Testing

@testable import Runtime

/// The engine on its thread, with a scripted model: streams, ends, limits, cancellation, shutdown.
@Suite(.timeLimit(.minutes(30))) struct EngineTests {
  private let model = ScriptedModel(script: [10, 11, 12, 13], vocabulary: 32, endOfSequence: 1)

  private func engine(
    _ model: ScriptedModel, context: Int = 64, parallel: Int = 4, queue: Int = 8
  ) throws -> Engine {
    try Engine(
      model: model,
      configuration: EngineConfiguration(
        contextSize: context, parallel: parallel, queueLimit: queue))
  }

  private func request(_ id: String = "a", prompt: [Int32] = [5, 6, 7]) -> GenerationRequest {
    GenerationRequest(
      id: id, prompt: prompt, sampling: .greedy, endOfSequenceTokens: [1])
  }

  /// A model that holds each step until it is let go, and goes on for ever.
  private func gatedModel(_ gate: Gate) -> ScriptedModel {
    ScriptedModel(script: [], vocabulary: 32, endOfSequence: 2, beforeStep: { _ in gate.pass() })
  }

  // MARK: Ends

  @Test func `A stream is prefill, tokens and one end`() async throws {
    let output = await collect(try engine(model).generate(request()))
    #expect(output.tokens == [10, 11, 12, 13])
    #expect(output.prefill.map { [$0.done, $0.total] } == [[3, 3]])
    #expect(output.result?.reason == .stop(1))
    #expect(output.result?.promptTokens == 3)
    #expect(output.result?.generatedTokens == 5)
    #expect(output.ends == 1)
  }

  @Test func `The greatest number of tokens ends with length`() async throws {
    let engine = try engine(model)
    for limit in [1, 3, 4] {
      var request = request()
      request.maximumTokens = limit
      let output = await collect(try engine.generate(request))
      #expect(output.tokens == Array([10, 11, 12, 13].prefix(limit)))
      #expect(output.result?.reason == .length)
    }
  }

  @Test func `A prompt alone can be computed, so that it is known later`() async throws {
    let engine = try engine(model)
    var request = request(prompt: Array(repeating: 4, count: 40))
    request.maximumTokens = 0
    let output = await collect(try engine.generate(request))
    #expect(output.tokens == [])
    #expect(output.result?.reason == .length)
    request.maximumTokens = 1
    let again = await collect(try engine.generate(request))
    #expect(again.result?.cachedTokens == 39)
    #expect(again.tokens == [10])
  }

  @Test func `The context size ends a generation with length`() async throws {
    let model = ScriptedModel(vocabulary: 32)
    let output = await collect(try engine(model, context: 20).generate(request()))
    #expect(output.result?.reason == .length)
    #expect(output.result.map { $0.promptTokens + $0.generatedTokens } == 20)
    #expect(model.violations == [])
  }

  @Test func `A prompt that leaves no room is refused before any work`() throws {
    let engine = try engine(model, context: 20)
    #expect(throws: EngineError.promptTooLong(tokens: 20, contextSize: 20)) {
      try engine.generate(request(prompt: [Int32](repeating: 3, count: 20)))
    }
    #expect(throws: Never.self) {
      _ = try engine.generate(request(prompt: [Int32](repeating: 3, count: 19)))
    }
  }

  @Test func `Tokens outside the vocabulary and empty prompts are refused`() throws {
    let engine = try engine(model)
    for prompt in [[32], [-1], []] as [[Int32]] {
      #expect {
        try engine.generate(request(prompt: prompt))
      } throws: {
        if case EngineError.invalidRequest = $0 { true } else { false }
      }
    }
    var bad = request()
    bad.sampling.topP = 0
    #expect(throws: EngineError.invalidRequest("top_p must be over 0 and at most 1")) {
      try engine.generate(bad)
    }
  }

  @Test func `Stop tokens end a generation and are not part of it`() async throws {
    var request = request()
    request.stopTokens = [12]
    let output = await collect(try engine(model).generate(request))
    #expect(output.tokens == [10, 11])
    #expect(output.result?.reason == .stop(12))
    #expect(output.result?.generatedTokens == 3)
  }

  @Test func `No stop token is chosen before the least number of tokens`() async throws {
    let model = ScriptedModel(script: [10], vocabulary: 32, endOfSequence: 1)
    var request = request()
    request.minimumTokens = 6
    let output = await collect(try engine(model).generate(request))
    #expect(output.tokens.count >= 6)
    #expect(!output.tokens.contains(1))
    #expect(output.result?.reason == .stop(1))
  }

  @Test func `The end of sequence can be ignored`() async throws {
    var request = request()
    request.ignoreEndOfSequence = true
    request.maximumTokens = 20
    let output = await collect(try engine(model).generate(request))
    #expect(output.tokens.count == 20)
    #expect(!output.tokens.contains(1))
  }

  @Test func `A bad configuration is refused with what would do`() {
    #expect {
      try engine(ScriptedModel(contextLimit: 32), context: 64)
    } throws: {
      "\($0)".contains("over the 32 that this model was made for")
    }
    #expect {
      try Engine(
        model: model,
        configuration: EngineConfiguration(contextSize: 4096, memory: 1000))
    } throws: {
      "\($0)".contains("use a smaller context")
    }
  }

  // MARK: Many at once

  @Test func `Requests at once answer as they do alone`() async throws {
    let model = ScriptedModel(vocabulary: 40, pagePositions: 8)
    let engine = try engine(model, context: 128, parallel: 3, queue: 20)
    let prompts = (0..<10).map { number -> [Int32] in
      let beginning = Int32(number % 3)
      return (0..<Int32(3 + number * 7)).map { ($0 * 3 + beginning) % 40 }
    }
    var streams: [AsyncStream<GenerationEvent>] = []
    for (number, prompt) in prompts.enumerated() {
      var request = request("\(number)", prompt: prompt)
      request.endOfSequenceTokens = []
      request.maximumTokens = 12
      streams.append(try engine.generate(request))
    }
    for (stream, prompt) in zip(streams, prompts) {
      let output = await collect(stream)
      #expect(output.tokens == greedyAnswer(model, prompt, count: 12))
    }
    #expect(model.violations == [])
    #expect(engine.status.pagesUsed == 0)
    #expect(engine.status.finished == 10)
    #expect(engine.status.generatedTokens == 120)
  }

  @Test func `Drafting changes nothing but the number of steps`() async throws {
    let verse = (0..<60).map { Int32(10 + $0 % 6) }
    var outputs: [CollectedOutput] = []
    var steps: [Int] = []
    for drafting in [false, true] {
      let time = MadeUpTime()
      let model = ScriptedModel(
        script: verse, vocabulary: 32, endOfSequence: 1, beforeStep: { _ in time.pass(0.002) })
      let engine = try Engine(
        model: model,
        configuration: EngineConfiguration(contextSize: 200, parallel: 2, drafting: drafting),
        clock: time.clock)
      outputs.append(await collect(try engine.generate(request())))
      steps.append(engine.status.steps)
      #expect(engine.status.acceptedTokens <= engine.status.draftedTokens)
      #expect(model.violations == [])
    }
    #expect(outputs[0].tokens == verse)
    #expect(outputs[1].tokens == verse)
    #expect(outputs[1].result?.reason == .stop(1))
    #expect(steps[1] < steps[0] * 2 / 3)
  }

  @Test func `A full queue refuses with a time to come back`() throws {
    let gate = Gate()
    let engine = try engine(gatedModel(gate), parallel: 1, queue: 2)
    var streams: [AsyncStream<GenerationEvent>] = []
    for number in 0..<3 { streams.append(try engine.generate(request("\(number)"))) }
    #expect(throws: EngineError.queueFull(retryAfter: .seconds(1))) {
      try engine.generate(request("late"))
    }
    #expect(engine.status.rejected == 1)
    gate.open()
    withExtendedLifetime(streams) {}
  }

  @Test func `The parts of a request take one place together`() throws {
    let gate = Gate()
    let engine = try engine(gatedModel(gate), parallel: 1, queue: 1)
    var streams: [AsyncStream<GenerationEvent>] = []
    for number in 0..<9 {
      var part = request("many/\(number)")
      part.whole = "many"
      streams.append(try engine.generate(part))
    }
    streams.append(try engine.generate(request("other")))
    #expect(throws: EngineError.self) { try engine.generate(request("late")) }
    #expect(engine.cancel(id: "many"))
    gate.open()
    withExtendedLifetime(streams) {}
  }

  // MARK: Cancellation

  @Test func `A request can be cancelled by its id`() async throws {
    let gate = Gate()
    let engine = try engine(gatedModel(gate), context: 4096)
    let stream = try engine.generate(request("mine"))
    try await gate.letThrough(3)
    #expect(!engine.cancel(id: "other"))
    #expect(engine.cancel(id: "mine"))
    gate.open()
    let output = await collect(stream)
    #expect(output.result?.reason == .cancelled)
    #expect(output.tokens.count < 10)
    #expect(!engine.cancel(id: "mine"))
    #expect(engine.status.cancelled == 1)
  }

  @Test func `A long prefill is cancelled at the next step, and what it computed stays`()
    async throws
  {
    let gate = Gate()
    let model = gatedModel(gate)
    let engine = try engine(model, context: 4096)
    let prompt = (0..<Int32(2000)).map { $0 % 32 }
    let stream = try engine.generate(request("long", prompt: prompt))
    try await gate.letThrough(5)
    #expect(engine.cancelAll() == 1)
    gate.open()
    let output = await collect(stream)
    #expect(output.result?.reason == .cancelled)
    let done = try #require(output.prefill.last?.done)
    #expect(done < 500)
    var retry = request("again", prompt: prompt)
    retry.maximumTokens = 1
    let resumed = await collect(try engine.generate(retry))
    #expect(resumed.result?.cachedTokens == done)
    #expect(model.violations == [])
  }

  @Test func `Whoever stops reading cancels`() async throws {
    let gate = Gate()
    let engine = try engine(gatedModel(gate), context: 4096)
    let reader = Task { [request = request()] in
      for await event in try engine.generate(request) {
        if case .token = event { break }
      }
    }
    try await gate.letThrough(2)
    try await reader.value
    gate.open()
    try await until { engine.status.cancelled == 1 }
    #expect(engine.status.running == 0)
  }

  @Test func `A task that is cancelled cancels its request`() async throws {
    let gate = Gate()
    let engine = try engine(gatedModel(gate), context: 4096)
    let reader = Task { [request = request()] in
      await collect(try engine.generate(request))
    }
    try await gate.letThrough(2)
    reader.cancel()
    _ = try await reader.value
    gate.open()
    try await until { engine.status.cancelled == 1 }
  }

  @Test func `A waiting request can be cancelled`() async throws {
    let gate = Gate()
    let engine = try engine(gatedModel(gate), parallel: 1)
    let first = try engine.generate(request("first"))
    let second = try engine.generate(request("second"))
    #expect(engine.cancel(id: "second"))
    gate.open()
    #expect(await collect(second).result?.generatedTokens == 0)
    #expect(await collect(first).result?.reason == .length)
  }

  // MARK: Shutdown

  @Test func `Shutdown lets streams finish within their grace`() async throws {
    let engine = try engine(model)
    let stream = try engine.generate(request())
    await engine.shutdown(grace: .seconds(20))
    #expect(await collect(stream).result?.reason == .stop(1))
    #expect(throws: EngineError.shuttingDown) { try engine.generate(request()) }
    await engine.shutdown(grace: .zero)
  }

  @Test func `Shutdown cancels what is left after its grace`() async throws {
    let slow = ScriptedModel(
      vocabulary: 32, beforeStep: { _ in Thread.sleep(forTimeInterval: 0.005) })
    let engine = try engine(slow, context: 4096)
    let stream = try engine.generate(request())
    await engine.shutdown(grace: .milliseconds(30))
    #expect(await collect(stream).result?.reason == .cancelled)
  }

  @Test func `An idle engine shuts down at once, and one that is let go ends its thread`()
    async throws
  {
    let idle = try engine(model)
    await idle.shutdown(grace: .seconds(100))
    weak var released: ScriptedModel?
    do {
      let model = ScriptedModel()
      released = model
      _ = try engine(model)
    }
    try await until { released == nil }
  }

  @Test func `Logits that aren't numbers fail their own request only`() async throws {
    let model = ScriptedModel(vocabulary: 32, endOfSequence: 1) { prompt in
      prompt[0] == 9 ? [ScriptedModel.notANumber] : [10, 11]
    }
    let engine = try engine(model)
    let bad = try engine.generate(request("bad", prompt: [9, 9]))
    let good = try engine.generate(request("good"))
    let failure = await collect(bad)
    #expect(failure.failure?.contains("not finite") == true)
    #expect(failure.ends == 1)
    #expect(await collect(good).tokens == [10, 11])
    #expect(engine.status.failed == 1)
  }
}
