import Foundation
import Machine
import ModelFiles
import Testing

@testable import Runtime

/// Opening bundles: the right library, and a clear error for everything that is wrong.
@Suite(.timeLimit(.minutes(30))) struct CompiledModelTests {
  private func open(_ tiny: TinyBundle, threads: Int = 2, features: Set<String> = []) throws
    -> CompiledModel
  {
    defer { tiny.remove() }
    return try CompiledModel(
      bundle: tiny.bundle(), threads: threads, features: ProcessorFeatures(names: features))
  }

  /// The message with which a bundle is refused.
  private func refusal(_ tiny: TinyBundle?, _ load: (TinyBundle) throws -> Void) -> String {
    guard let tiny else { return "" }
    defer { tiny.remove() }
    do {
      try load(tiny)
      return "not refused"
    } catch {
      return "\(error)"
    }
  }

  private func expectRefusal(
    _ tiny: TinyBundle?, _ text: String, location: SourceLocation = #_sourceLocation
  ) {
    guard let tiny else { return }
    let message = refusal(tiny) { _ = try open($0) }
    #expect(message.contains(text), "\(message)", sourceLocation: location)
  }

  @Test func `A bundle is opened and its kernels run`() async throws {
    guard let tiny = try TinyBundle() else { return }
    let model = try open(tiny)
    #expect(model.backend == "compiled test, exact, keys and values in f32, 2 threads")
    #expect(model.memory == ModelMemory(weightBytes: 16, scratchBytes: 128))
    let engine = try Engine(
      model: model, configuration: EngineConfiguration(contextSize: 40, parallel: 2))
    var request = GenerationRequest(id: "a", prompt: [1, 2, 3, 4, 5], sampling: .greedy)
    request.maximumTokens = 5
    // The tiny model's first weight is 3, by which its answers count up.
    let output = await collect(try engine.generate(request))
    #expect(output.tokens == [8, 11, 14, 17, 20])
  }

  @Test func `What steps cost is read from the bundle`() throws {
    guard let plain = try TinyBundle(), var measured = try TinyBundle() else { return }
    #expect(try open(plain).stepCost == nil)
    measured.manifest.stepCost = .init(threads: 2, milliseconds: [1: 10, 8: 12])
    #expect(try open(measured).stepCost?.seconds(rows: 8) == 0.012)
  }

  @Test func `The library that uses the most of the processor is chosen`() throws {
    guard var tiny = try TinyBundle() else { return }
    defer { tiny.remove() }
    tiny.manifest.targets = [
      .init(name: "v3", library: "lib/test.so", cpuFeatures: ["avx2", "fma"], compiler: ""),
      .init(name: "v4", library: "lib/test.so", cpuFeatures: ["avx2", "fma", "x"], compiler: ""),
      .init(name: "any", library: "lib/test.so", cpuFeatures: [], compiler: ""),
    ]
    let bundle = try tiny.bundle()
    func target(_ features: Set<String>) throws -> String {
      let features = ProcessorFeatures(names: features)
      return try CompiledModel(bundle: bundle, threads: 1, features: features).target
    }
    #expect(try target(["avx2", "fma", "x", "y"]) == "v4")
    #expect(try target(["avx2", "fma"]) == "v3")
    #expect(try target(["x"]) == "any")
  }

  @Test func `A processor that none of the libraries suits is told what it lacks`() throws {
    guard var tiny = try TinyBundle() else { return }
    tiny.manifest.targets = [
      .init(name: "v3", library: "lib/test.so", cpuFeatures: ["avx2", "fma"], compiler: "")
    ]
    let message = refusal(tiny) { _ = try open($0, features: ["fma"]) }
    #expect(message.contains("none of its libraries runs on this processor: v3 needs avx2"))
  }

  @Test func `A library that needs more than its manifest says is refused`() throws {
    expectRefusal(
      try TinyBundle(flags: ["-DFEATURES=\"fma avx9\""]),
      "lib/test.so needs fma, avx9, which this processor lacks")
  }

  @Test func `A library of another interface version, or none at all, is refused`() throws {
    expectRefusal(
      try TinyBundle(flags: ["-DVERSION=99"]), "speaks version 99 of the library interface")
    expectRefusal(try TinyBundle(flags: ["-DNAMELESS"]), "has no model_describe")
    expectRefusal(try TinyBundle(flags: ["-DSTATED_ROWS=0"]), "states steps of 0 rows")
  }

  @Test func `Library, manifest and weights must speak of the same model`() throws {
    expectRefusal(try TinyBundle(flags: ["-DSIGNATURE=\"other\""]), "another signature (other)")
    expectRefusal(try TinyBundle(flags: ["-DSTATED_ROWS=7"]), "another number of rows in a step")
    expectRefusal(try TinyBundle(weights: [1, 2]), "has 2 bytes, but 16 belong to this model")
    var lying = try TinyBundle()
    lying?.manifest.sizes.pageBytes = 128
    expectRefusal(lying, "another page size (64) than the manifest states (128)")
  }

  @Test func `A damaged library is refused before it is loaded`() throws {
    let message = refusal(try TinyBundle()) { tiny in
      let bundle = try tiny.bundle()
      let path = tiny.path + "/lib/test.so"
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      bytes[bytes.count / 2] ^= 0xFF
      try bytes.write(to: URL(fileURLWithPath: path))
      _ = try CompiledModel(bundle: bundle, threads: 1)
    }
    #expect(message.isEmpty || message.contains("changed or damaged"))
  }

  @Test func `A truncated library or weights file is refused`() throws {
    for name in ["lib/test.so", "weights.bin"] {
      let message = refusal(try TinyBundle()) { tiny in
        let bundle = try tiny.bundle()
        let path = "\(tiny.path)/\(name)"
        truncate(path, 8)
        _ = try CompiledModel(bundle: bundle, threads: 1, features: ProcessorFeatures(names: []))
      }
      #expect(message.isEmpty || message.contains("compile the model again"), "\(message)")
    }
  }

  #if os(Linux)
    @Test func `a machine without shared memory is warned of what OpenMP does there`() {
      #expect(openMPWarning(sharedMemory: "/dev/no-such-folder")?.contains("No such file") == true)
      #expect(openMPWarning(sharedMemory: NSTemporaryDirectory()) == nil)
    }
  #endif
}
