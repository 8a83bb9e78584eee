import Foundation
import TestSupport
import Testing

@testable import Runtime

/// Many clients at once, in every mood, for a while: no wrong answer, no lost page, no one left
/// behind.
@Suite(.timeLimit(.minutes(30))) struct RandomLoadTests {
  private struct Client: Sendable {
    let model: ScriptedModel
    let engine: Engine
    let number: Int

    /// Sends requests until some were answered in full and the time is over.
    func run(until end: ContinuousClock.Instant) async throws {
      var random = SeededRandom(seed: UInt64(number))
      var finished = 0
      while finished < 5 || ContinuousClock.now < end {
        let prompt = prompt(&random)
        var request = GenerationRequest(
          id: "client \(number)", prompt: prompt, sampling: .greedy)
        request.maximumTokens = Int.random(in: 0...25, using: &random)
        request.client = "\(number % 4)"
        request.constraint = constraint(for: prompt, &random)
        guard let stream = try? engine.generate(request) else {
          try await Task.sleep(for: .milliseconds(3))
          continue
        }
        if try await consume(stream, request, &random) { finished += 1 }
      }
    }

    private func prompt(_ random: inout SeededRandom) -> [Int32] {
      let beginning = Int32.random(in: 0...3, using: &random)
      let shared = (0..<Int32.random(in: 1...90, using: &random)).map { ($0 * 5 + beginning) % 48 }
      return shared
        + (0..<Int.random(in: 0...9, using: &random)).map { _ in
          Int32.random(in: 0..<48, using: &random)
        }
    }

    /// None, one that allows everything, or one that forces what the model would say anyway.
    private func constraint(
      for prompt: [Int32], _ random: inout SeededRandom
    ) -> (any TokenConstraint)? {
      switch Int.random(in: 0...5, using: &random) {
      case 0: FreeConstraint()
      case 1:
        ScriptedConstraint(
          [greedyAnswer(model, prompt, count: 40)], end: 47,
          isForcing: Bool.random(using: &random))
      default: nil
      }
    }

    /// Reads to the end, or slowly, or leaves in the middle, or is cancelled.
    private func consume(
      _ stream: AsyncStream<GenerationEvent>, _ request: GenerationRequest,
      _ random: inout SeededRandom
    ) async throws -> Bool {
      switch Int.random(in: 0...5, using: &random) {
      case 0:
        var left = Int.random(in: 0...6, using: &random)
        for await _ in stream {
          left -= 1
          if left < 0 { break }
        }
        return false
      case 1:
        let reader = Task { await collect(stream) }
        try await Task.sleep(for: .microseconds(Int.random(in: 0...2000, using: &random)))
        reader.cancel()
        _ = await reader.value
        return false
      case 2:
        try await Task.sleep(for: .milliseconds(4))
      case 3 where Bool.random(using: &random):
        _ = engine.cancel(id: request.id)
      default: break
      }
      let output = await collect(stream)
      #expect(output.ends == 1 && output.failure == nil)
      let expected = greedyAnswer(model, request.prompt, count: output.tokens.count)
      #expect(output.tokens == expected)
      // The beginning of an answer that is forced is computed with the prompt.
      let most = request.prompt.count - (request.constraint == nil ? 1 : 0)
      #expect(output.result.map { $0.cachedTokens <= most } == true)
      guard output.result?.reason == .length else { return false }
      #expect(output.tokens.count == request.maximumTokens)
      return true
    }
  }

  /// - Parameters:
  ///   - pages: little enough that sequences have to give way to each other, or plenty.
  ///   - drafts: at every how many positions a draft model is wrong; nil for no draft model.
  @Test(.timeLimit(.minutes(10)), arguments: [(60, nil), (400, nil), (60, 3), (400, 9)])
  func `Random loads leave no wrong answer, no lost page and no one behind`(
    pages: Int, drafts: Int?
  ) async throws {
    let model = ScriptedModel(vocabulary: 48, maximumRows: 12, pagePositions: 4)
    let draftModel = drafts.map { FlawedModel(ScriptedModel(vocabulary: 48), period: $0) }
    var configuration = EngineConfiguration(contextSize: 160, parallel: 5, queueLimit: 6)
    let logits = StepMemory.logitBytes(rows: 5 + 6, vocabulary: 48)
    configuration.memory =
      pages * model.pageBytes + logits
      + (draftModel.map { DraftModel.bytes($0, configuration) } ?? 0)
    let engine = try Engine(
      model: model, draftModel: draftModel, configuration: configuration)
    #expect(engine.memoryPlan.pages == pages)
    let end = ContinuousClock.now + .seconds(seconds)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<14 {
        let client = Client(model: model, engine: engine, number: number)
        group.addTask { try await client.run(until: end) }
      }
      try await group.waitForAll()
    }
    try await until { engine.status.running == 0 && engine.status.waiting == 0 }
    let status = engine.status
    #expect(model.violations == [])
    #expect(draftModel?.base.violations ?? [] == [])
    #expect(status.pagesUsed == 0)
    #expect(status.pagesCached <= engine.memoryPlan.pages)
    #expect(status.failed == 0)
    await engine.shutdown(grace: .seconds(1))
  }

  /// Longer runs are asked for by hand.
  private var seconds: Double {
    ProcessInfo.processInfo.environment["MLX_LOAD_SECONDS"].flatMap(Double.init) ?? 0.5
  }
}
