import Foundation
import KernelCompiler
import ModelABI
import ModelFiles
import Runtime
import Testing

/// Every row of logits that the compiled kernels give under a mixed load is, bit for bit, one that
/// they give when each request is alone, computed from the beginning on one thread.
@Suite(.serialized, .timeLimit(.minutes(30))) struct SameBitsConformance {
  private static let pocket = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("../../Models/pocket-chat-4bit").path

  @Test func `logits have the same hashes in any company, chunking and number of threads`()
    async throws
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let bundle = try compileBundle(
      model: ModelDirectory(path: Self.pocket),
      targets: [try Toolchain.find().target(named: "native")], numerics: .fast,
      output: folder.path + "/pocket.mlxbundle")
    let requests = (0..<10).map(request)

    let alone = try LogitHashes(bundle, threads: 1, maximumRows: nil)
    for request in requests {
      let engine = try engine(alone)
      for await _ in try engine.generate(request) {}
      await engine.shutdown(grace: .zero)
    }
    #expect(alone.hashes.count >= requests.count * 3)

    for (threads, rows) in [(2, 33), (1, 5), (3, nil)] as [(Int, Int?)] {
      let mixed = try LogitHashes(bundle, threads: threads, maximumRows: rows)
      let engine = try engine(mixed)
      for round in 0..<2 { try await load(engine, requests, round) }
      #expect(engine.status.cachedTokens > 0)
      let strangers = mixed.hashes.subtracting(alone.hashes)
      #expect(strangers.isEmpty, "\(threads) threads, at most \(rows ?? 0) rows")
      #expect(mixed.hashes.count == alone.hashes.count)
      await engine.shutdown(grace: .seconds(1))
    }
  }

  private func engine(_ model: LogitHashes) throws -> Engine {
    try Engine(
      model: model,
      configuration: EngineConfiguration(
        contextSize: 512, parallel: 4, queueLimit: 100, drafting: false))
  }

  /// Prompts that share beginnings, of up to 260 tokens.
  private func request(_ number: Int) -> GenerationRequest {
    let beginning = Int32(number % 3) * 300
    let shared = (0..<Int32(40 * (number % 4))).map { beginning + ($0 * 31) % 211 }
    let own = (0..<Int32(1 + 23 * (number % 7))).map { 20 + ($0 * 7 + Int32(number)) % 401 }
    var request = GenerationRequest(id: "\(number)", prompt: shared + own)
    request.sampling.temperature = number % 2 == 0 ? 0 : 0.9
    request.sampling.seed = UInt64(number)
    request.maximumTokens = 4 + number / 2
    return request
  }

  /// All requests in some order, some of them twice and then cancelled on the way.
  private func load(_ engine: Engine, _ requests: [GenerationRequest], _ round: Int) async throws {
    var streams: [AsyncStream<GenerationEvent>] = []
    for place in requests.indices {
      let number = (place * 7 + round) % requests.count
      streams.append(try engine.generate(requests[number]))
      guard (place + round) % 3 == 0 else { continue }
      var twin = requests[(number + 3) % requests.count]
      twin.id = "twin"
      let stream = try engine.generate(twin)
      for await event in stream {
        if case .token = event { break }
      }
    }
    for stream in streams {
      for await event in stream {
        if case .failed(let reason) = event { Issue.record("\(reason)") }
      }
    }
  }
}

/// A compiled model that remembers a hash of every row of logits it gave.
private final class LogitHashes: LanguageModel, @unchecked Sendable {
  private let base: CompiledModel
  private let rows: Int?
  /// Written by the engine's thread, read when it is idle.
  private let lock = NSLock()
  private var seen: Set<Int> = []

  init(_ bundle: ModelBundle, threads: Int, maximumRows: Int?) throws {
    base = try CompiledModel(bundle: bundle, threads: threads)
    rows = maximumRows
  }

  var hashes: Set<Int> { lock.withLock { seen } }

  var vocabulary: Int { base.vocabulary }
  var maximumRows: Int { rows ?? base.maximumRows }
  var pagePositions: Int { base.pagePositions }
  var contextLimit: Int { base.contextLimit }
  var pageBytes: Int { base.pageBytes }
  var backend: String { base.backend }
  var memory: ModelMemory { base.memory }

  func run(_ step: UnsafePointer<model_step>) {
    base.run(step)
    for row in 0..<Int(step.pointee.logit_rows) {
      let values = UnsafeRawBufferPointer(
        start: step.pointee.logits + row * vocabulary, count: vocabulary * 4)
      var hasher = Hasher()
      hasher.combine(bytes: values)
      lock.withLock { _ = seen.insert(hasher.finalize()) }
    }
  }
}
