import Foundation
import Testing

@testable import Runtime

/// Many clients at once, in every mood, for a while: no wrong answer, no lost page, no one left
/// behind.
struct RandomLoadTests {
  private struct Client: Sendable {
    let model: ScriptedModel
    let engine: Engine
    let number: Int

    /// Sends requests until some were answered in full and the time is over.
    func run(until end: ContinuousClock.Instant) async throws {
      var random = SeededGenerator(seed: UInt64(number))
      var finished = 0
      while finished < 5 || ContinuousClock.now < end {
        let prompt = prompt(&random)
        var request = GenerationRequest(
          id: "client \(number)", prompt: prompt, sampling: .greedy)
        request.maximumTokens = Int.random(in: 0...25, using: &random)
        guard let stream = try? engine.generate(request) else {
          try await Task.sleep(for: .milliseconds(3))
          continue
        }
        if try await consume(stream, request, &random) { finished += 1 }
      }
    }

    private func prompt(_ random: inout SeededGenerator) -> [Int32] {
      let beginning = Int32.random(in: 0...3, using: &random)
      let shared = (0..<Int32.random(in: 1...90, using: &random)).map { ($0 * 5 + beginning) % 48 }
      return shared
        + (0..<Int.random(in: 0...9, using: &random)).map { _ in
          Int32.random(in: 0..<48, using: &random)
        }
    }

    /// Reads to the end, or slowly, or leaves in the middle, or is cancelled.
    private func consume(
      _ stream: AsyncStream<GenerationEvent>, _ request: GenerationRequest,
      _ random: inout SeededGenerator
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
      #expect(output.result.map { $0.cachedTokens < $0.promptTokens } == true)
      guard output.result?.reason == .length else { return false }
      #expect(output.tokens.count == request.maximumTokens)
      return true
    }
  }

  /// - Parameter memory: little enough that sequences have to give way to each other, or plenty.
  @Test(.timeLimit(.minutes(2)), arguments: [60, 400])
  func `Random loads leave no wrong answer, no lost page and no one behind`(pages: Int)
    async throws
  {
    let model = ScriptedModel(vocabulary: 48, maximumRows: 12, pagePositions: 4)
    let engine = try Engine(
      model: model,
      configuration: EngineConfiguration(
        contextSize: 160, parallel: 5, queueLimit: 6, memory: pages * model.pageBytes + 20 * 48 * 4)
    )
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
