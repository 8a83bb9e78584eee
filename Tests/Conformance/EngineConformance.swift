import Foundation
import KernelCompiler
import ModelFiles
import Runtime
import Testing

/// The engine over compiled kernels: a request gets the same bits whatever else the engine does.
@Suite(.serialized, .timeLimit(.minutes(30))) struct EngineConformance {
  private static let pocket = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../Models/pocket-chat-4bit").path

  @Test(arguments: Numerics.allCases)
  func `a request gets the same bits alone, in company, from the cache and when drafting`(
    _ numerics: Numerics
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let bundle = try compileBundle(
      model: ModelDirectory(path: Self.pocket),
      targets: [try Toolchain.find().target(named: "native")], numerics: numerics,
      output: folder.path + "/pocket.mlxbundle")

    let requests = (0..<6).map(request)
    var alone: [[GeneratedToken]] = []
    let model = try CompiledModel(bundle: bundle, threads: 1)
    for request in requests {
      let engine = try engine(model, drafting: false)
      alone.append(try await tokens(engine.generate(request)))
      await engine.shutdown(grace: .zero)
    }
    #expect(alone.allSatisfy { $0.count == 16 })
    for (threads, drafting) in [(1, true), (2, false)] {
      let engine = try engine(CompiledModel(bundle: bundle, threads: threads), drafting: drafting)
      for round in 0..<2 {
        let together = try await answers(engine, requests, shuffledBy: round)
        #expect(together == alone, "\(threads) threads, drafting \(drafting), round \(round)")
      }
      #expect(engine.status.cachedTokens > 0)
      #expect(engine.status.pagesUsed == 0)
      await engine.shutdown(grace: .zero)
    }
  }

  /// Prompts that share beginnings and repeat themselves; answers with every logit's weight in
  /// their log-probabilities.
  private func request(_ number: Int) -> GenerationRequest {
    let beginning = Int32(number % 3) * 500
    let period = Int32(7 + 13 * (number % 2))
    let prompt = (0..<Int32(1 + 37 * number)).map { beginning + 10 + ($0 % period) * 17 }
    var request = GenerationRequest(id: "\(number)", prompt: prompt)
    request.sampling.temperature = number % 2 == 0 ? 0 : 0.8
    request.sampling.seed = UInt64(number)
    request.sampling.topLogprobs = 4
    request.maximumTokens = 16
    return request
  }

  private func engine(_ model: CompiledModel, drafting: Bool) throws -> Engine {
    try Engine(
      model: model,
      configuration: EngineConfiguration(contextSize: 512, parallel: 4, drafting: drafting))
  }

  /// All requests at once, and some more that are cancelled on the way.
  private func answers(
    _ engine: Engine, _ requests: [GenerationRequest], shuffledBy round: Int
  ) async throws -> [[GeneratedToken]] {
    var streams: [Int: AsyncStream<GenerationEvent>] = [:]
    for place in requests.indices {
      let number = (place * 5 + round) % requests.count
      streams[number] = try engine.generate(requests[number])
      var distraction = request(place)
      distraction.id = "distraction"
      distraction.prompt.append(Int32(place))
      _ = try engine.generate(distraction)
      if place % 2 == 0 { _ = engine.cancel(id: "distraction") }
    }
    var answers: [[GeneratedToken]] = []
    for number in requests.indices {
      answers.append(await tokens(try #require(streams[number])))
    }
    _ = engine.cancelAll()
    return answers
  }

  private func tokens(_ stream: AsyncStream<GenerationEvent>) async -> [GeneratedToken] {
    var tokens: [GeneratedToken] = []
    for await event in stream {
      switch event {
      case .token(let token): tokens.append(token)
      case .prefill, .promptTokens, .finished: break
      case .failed(let reason): Issue.record("\(reason)")
      }
    }
    return tokens
  }
}
