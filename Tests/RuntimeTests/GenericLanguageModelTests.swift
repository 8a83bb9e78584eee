import Foundation
import ModelFiles
import Testing

@testable import Runtime

/// The engine over a real model: the pocket model, run by the generic backend.
@Suite(.timeLimit(.minutes(30))) struct GenericLanguageModelTests {
  private let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../Models/pocket-chat-4bit").path

  @Test func `Greedy answers are the same alone, batched, and from the cache`() async throws {
    let model = try GenericLanguageModel(directory: ModelDirectory(path: folder), threads: 2)
    let engine = try Engine(
      model: model, configuration: EngineConfiguration(contextSize: 256, parallel: 4))
    let prompts = (0..<4).map { number -> [Int32] in
      let beginning = Int32(number % 2) * 11
      return (0..<Int32(20 + 15 * number)).map { ($0 * 37 + beginning) % 4000 }
    }
    func stream(_ prompt: [Int32]) throws -> AsyncStream<GenerationEvent> {
      var request = GenerationRequest(id: "", prompt: prompt, sampling: .greedy)
      request.maximumTokens = 12
      return try engine.generate(request)
    }
    var alone: [[Int32]] = []
    for prompt in prompts { alone.append(await collect(try stream(prompt)).tokens) }
    let streams = try prompts.map(stream)
    for (stream, tokens) in zip(streams, alone) {
      let output = await collect(stream)
      #expect(output.tokens == tokens)
      #expect(output.result?.cachedTokens ?? 0 > 0)
    }
    #expect(alone.allSatisfy { $0.count == 12 })
  }
}
