import Foundation
import ModelABI
import TestSupport
import Testing

@testable import Runtime

/// What is done between steps by all threads at once.
@Suite(.timeLimit(.minutes(30))) struct SharedLoopTests {
  /// Runs the work on as many threads as are asked for, as OpenMP does.
  private static let team: SharedLoop.Team = { work, argument, threads, _ in
    nonisolated(unsafe) let argument = argument
    DispatchQueue.concurrentPerform(iterations: Int(threads)) { _ in work(argument) }
  }

  @Test(arguments: [0, 1, 2, 7, 100])
  func `Every turn is taken once`(_ count: Int) {
    var turns = [Int](repeating: 0, count: count)
    turns.withUnsafeMutableBufferPointer { turns in
      nonisolated(unsafe) let turns = turns
      SharedLoop.run(count, on: Self.team, threads: 3) { turns[$0] += $0 + 1 }
    }
    #expect(turns == (0..<count).map { $0 + 1 })
  }

  /// A model whose threads help to choose tokens, or don't.
  private final class HelpfulModel: LanguageModel {
    let inner: ScriptedModel
    let helps: Bool
    /// Most tokens that were chosen at once.
    let most = Locked(0)

    init(_ inner: ScriptedModel, helps: Bool) {
      self.inner = inner
      self.helps = helps
    }

    var vocabulary: Int { inner.vocabulary }
    var maximumRows: Int { inner.maximumRows }
    var pagePositions: Int { inner.pagePositions }
    var contextLimit: Int { inner.contextLimit }
    var pageBytes: Int { inner.pageBytes }
    var backend: String { inner.backend }
    var memory: ModelMemory { inner.memory }
    func run(_ step: UnsafePointer<model_step>) { inner.run(step) }

    func forEach(_ count: Int, _ body: (Int) -> Void) {
      most.withLock { $0 = max($0, count) }
      guard helps else { return (0..<count).forEach(body) }
      SharedLoop.run(count, on: SharedLoopTests.team, threads: 3, body)
    }
  }

  private func answers(helps: Bool) async throws -> [CollectedOutput] {
    let gate = Gate()
    let scripted = ScriptedModel(
      vocabulary: 50, contextLimit: 200, beforeStep: { _ in gate.pass() })
    let model = HelpfulModel(scripted, helps: helps)
    let engine = try Engine(
      model: model, configuration: EngineConfiguration(contextSize: 200, parallel: 6))
    let streams = try (0..<6).map { number in
      var request = GenerationRequest(id: "\(number)", prompt: [Int32(number), 3, 4])
      request.sampling.seed = UInt64(number)
      request.sampling.temperature = 2
      request.sampling.repetitionPenalty = 1.3
      request.sampling.topLogprobs = number % 2 == 0 ? 3 : nil
      request.maximumTokens = 30 + number
      return try engine.generate(request)
    }
    gate.open()
    var outputs: [CollectedOutput] = []
    for stream in streams { outputs.append(await collect(stream)) }
    #expect(model.most.withLock { $0 } > 1)
    return outputs
  }

  @Test func `Tokens chosen side by side are those chosen one after the other`() async throws {
    let (alone, together) = (try await answers(helps: false), try await answers(helps: true))
    #expect(together.map(\.tokens) == alone.map(\.tokens))
    for (number, output) in together.enumerated() {
      #expect(output.result?.generatedTokens == 30 + number)
      // The whole prompt is reported before the first token is told.
      #expect(output.prefill.last?.done == 3)
      #expect(output.ends == 1)
    }
  }
}
