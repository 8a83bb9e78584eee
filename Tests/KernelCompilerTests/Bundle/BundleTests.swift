import Foundation
import ModelFiles
import Synchronization
import Testing

@testable import KernelCompiler

/// Compiles the pocket model, which ships with the project, all the way to a bundle.
@Suite(.serialized) struct BundleTests {
  @Test func `a bundle is whole, and computes what it says`() throws {
    try inFolder { folder in
      let bundle = try compilePocket(
        numerics: .fast, to: "\(folder)/pocket.mlxbundle",
        companions: { [("companion", Array($0.utf8))] })
      try bundle.verifyHashes()
      let manifest = bundle.manifest
      #expect(manifest.targets.map(\.library) == ["lib/native.so"])
      let names = Set(manifest.files.map(\.path))
      let expected = [
        "weights.bin", "verify.safetensors", "config.json", "tokenizer.json",
        "tokenizer_config.json", "chat_template.jinja", "source/graph.txt",
        "source/native/plan.txt", "companion",
      ]
      #expect(names.isSuperset(of: expected))
      #expect(!names.contains { $0.hasSuffix(".safetensors.index.json") || $0.hasPrefix("check") })

      let companion = try String(contentsOfFile: bundle.path + "/companion", encoding: .utf8)
      #expect(companion == (try pocket().path))

      let cost = try #require(manifest.stepCost)
      #expect(cost.milliseconds.keys.contains(1) && cost.milliseconds.values.allSatisfy { $0 > 0 })

      let divergence = try #require(manifest.divergence)
      #expect(divergence.meanKL > 0 && divergence.meanKL <= 0.002)
      #expect(divergence.top1Agreement > 0.9)

      let results = try verifyNumerics(of: bundle)
      #expect(results.count == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["pocket.mlxbundle"])
    }
  }

  @Test func `a measured speed is stored, and nothing else changes`() throws {
    try inFolder { folder in
      let bundle = try compilePocket(numerics: .exact, to: "\(folder)/pocket.mlxbundle")
      #expect(bundle.manifest.speed == nil)
      var speed = someSpeed(of: bundle.manifest)
      let stored = try storeSpeed(speed, in: bundle)
      #expect(stored.manifest.speed == speed)
      var without = stored.manifest
      without.speed = nil
      #expect(without == bundle.manifest)
      try ModelBundle(path: bundle.path).verifyHashes()
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: bundle.path).allSatisfy {
          !$0.hasPrefix("manifest.json.")
        })

      speed.target = "x86-64-v9"
      #expect(throws: CompilerError.self) { try storeSpeed(speed, in: stored) }
    }
  }

  @Test func `compiling again takes over all that is still right; damage is found`() throws {
    try inFolder { folder in
      let path = "\(folder)/pocket.mlxbundle"
      let first = try compilePocket(numerics: .fast, to: path)
      let nodes = try inodes(first, ["weights.bin", "lib/native.so", "verify.safetensors"])
      let stages = Stages()
      let second = try compilePocket(numerics: .fast, to: path, progress: stages.hear)
      #expect(second.manifest == first.manifest)
      #expect(try inodes(second, ["weights.bin", "lib/native.so", "verify.safetensors"]) == nodes)
      #expect(stages.heard.isDisjoint(with: [.pack, .compile, .reference, .check, .time]))

      try damageWeights(of: second)
      #expect(throws: ModelError.self) { try second.verifyHashes() }
      #expect(throws: CompilerError.self) { try verifyNumerics(of: second) }
    }
  }

  @Test func `what was damaged is made again`() throws {
    try inFolder { folder in
      let path = "\(folder)/pocket.mlxbundle"
      let first = try compilePocket(numerics: .exact, to: path)
      try damageWeights(of: first)
      let library = "\(path)/lib/native.so"
      // This process has the old file loaded: another one takes its place.
      try Data(repeating: 0, count: BundleFiles.size(of: library))
        .write(to: URL(fileURLWithPath: library), options: .atomic)
      let stages = Stages()
      let second = try compilePocket(numerics: .exact, to: path, progress: stages.hear)
      #expect(second.manifest == first.manifest)
      #expect(stages.heard.isSuperset(of: [.pack, .compile]))
      try second.verifyHashes()
    }
  }

  @Test func `other numerics share the weights and are measured anew`() throws {
    try inFolder { folder in
      let path = "\(folder)/pocket.mlxbundle"
      let exact = try compilePocket(numerics: .exact, to: path)
      #expect(exact.manifest.divergence == nil)
      let node = try inodes(exact, ["weights.bin"])
      let stages = Stages()
      let fast = try compilePocket(numerics: .fast, to: path, progress: stages.hear)
      #expect(try inodes(fast, ["weights.bin"]) == node)
      #expect(fast.manifest.divergence != nil)
      #expect(stages.heard.isDisjoint(with: [.pack, .reference]))
      #expect(stages.heard.isSuperset(of: [.compile, .check, .time]))
    }
  }

  @Test(arguments: [
    ("\"rope_theta\": ", "\"rope_theta\": 9", CompileStage.pack),
    ("\"silu\"", "\"gelu\"", CompileStage.reference),
  ])
  func `what a changed config json decides is made again`(
    _ key: String, _ other: String, _ stage: CompileStage
  ) throws {
    try inFolder { folder in
      let model = "\(folder)/model"
      try FileManager.default.copyItem(atPath: pocketPath, toPath: model)
      let path = "\(folder)/pocket.mlxbundle"
      _ = try compilePocket(numerics: .exact, to: path, from: model)
      let configuration = try String(contentsOfFile: "\(model)/config.json", encoding: .utf8)
      try #require(configuration.contains(key))
      try configuration.replacingOccurrences(of: key, with: other)
        .write(toFile: "\(model)/config.json", atomically: true, encoding: .utf8)
      let stages = Stages()
      let bundle = try compilePocket(
        numerics: .exact, to: path, from: model, progress: stages.hear)
      #expect(stages.heard.contains(stage))
      #expect(try verifyNumerics(of: bundle).count == 1)
    }
  }

  @Test func `a scale that is no number is refused by its tensor's name`() throws {
    try inFolder { folder in
      let model = "\(folder)/model"
      try FileManager.default.copyItem(atPath: pocketPath, toPath: model)
      let name = "model.layers.0.self_attn.q_proj.scales"
      let file = URL(fileURLWithPath: "\(model)/model.safetensors")
      var bytes = try Data(contentsOf: file)
      let tensor = try TensorFiles(path: file.path).tensor(name)
      let scales = withExtendedLifetime(tensor) { Data(tensor.bytes) }
      let place = try #require(bytes.range(of: scales))
      bytes.replaceSubrange(place.lowerBound + 64..<place.lowerBound + 66, with: [0xC0, 0x7F])
      try bytes.write(to: file)
      let error = #expect(throws: CompilerError.self) {
        try compilePocket(numerics: .exact, to: "\(folder)/pocket.mlxbundle", from: model)
      }
      #expect(error?.description.hasPrefix("tensor \(name): holds what is no finite") == true)
    }
  }

  @Test func `a compile that fails leaves nothing behind`() throws {
    try inFolder { folder in
      let broken = try CompileJob(
        model: pocket(), targets: [Toolchain.find().target(named: "native")], numerics: .exact,
        progress: { _, _ in }
      ).failingToCompile()
      let place = try BundlePlace(path: "\(folder)/pocket.mlxbundle")
      #expect(throws: CompilerError.self) {
        try place.fill(with: broken, reusing: [], progress: { _, _ in })
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func `the cache compiles once, and again when a weight file changes`() throws {
    try inFolder { folder in
      let model = "\(folder)/model"
      try FileManager.default.copyItem(atPath: pocketPath, toPath: model)
      func bundle() throws -> String {
        try CompileCache.bundle(
          for: ModelDirectory(path: model), numerics: .exact, in: "\(folder)/cache"
        ) { _, _ in }.path
      }
      let first = try bundle()
      #expect(try bundle() == first)
      let file = "\(model)/model.safetensors"
      let longAgo = Date(timeIntervalSince1970: 1)
      try FileManager.default.setAttributes([.modificationDate: longAgo], ofItemAtPath: file)
      let second = try bundle()
      #expect(second != first)
      #expect(!FileManager.default.fileExists(atPath: first))
    }
  }
}

private let pocketPath = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("../../../Models/pocket-chat-4bit").standardizedFileURL.path

private func pocket() throws -> ModelDirectory { try ModelDirectory(path: pocketPath) }

private func compilePocket(
  numerics: Numerics, to path: String, from model: String = pocketPath,
  companions: @escaping BundleCompanions = { _ in [] },
  progress: @escaping CompileProgress = { _, _ in }
) throws -> ModelBundle {
  try compileBundle(
    model: ModelDirectory(path: model), targets: [Toolchain.find().target(named: "native")],
    numerics: numerics,
    output: path, companions: companions, progress: progress)
}

private func someSpeed(of manifest: BundleManifest) -> BundleManifest.Speed {
  let passage = BundleManifest.Speed.Passage(
    tokens: 1, depth: 64, tokensPerSecond: 50,
    kernels: manifest.kernels.map { .init(name: $0.name, predicted: 0.25, achieved: 0.5) })
  return BundleManifest.Speed(
    target: "native", threads: 2, readBytesPerSecond: 2e10, int8OperationsPerSecond: 1e12,
    floatOperationsPerSecond: 1e11, generation: passage, prompt: passage)
}

private func damageWeights(of bundle: ModelBundle) throws {
  let file = URL(fileURLWithPath: bundle.weightsPath)
  var weights = try Data(contentsOf: file)
  for index in stride(from: weights.count / 2, to: weights.count, by: 3) { weights[index] = 0x3C }
  try weights.write(to: file)
}

private func inodes(_ bundle: ModelBundle, _ names: [String]) throws -> [Int] {
  try names.map { name in
    let attributes = try FileManager.default.attributesOfItem(atPath: bundle.path(of: name))
    return try #require(attributes[.systemFileNumber] as? Int)
  }
}

/// Which stages a compile went through.
private final class Stages: Sendable {
  private let stages = Mutex<Set<CompileStage>>([])

  var heard: Set<CompileStage> { stages.withLock(\.self) }

  @Sendable func hear(_ stage: CompileStage, _ share: Double) {
    stages.withLock { _ = $0.insert(stage) }
  }
}

extension CompileJob {
  /// The same job for a compiler that knows nothing of the target.
  fileprivate func failingToCompile() -> CompileJob {
    var job = self
    job.targets = targets.map {
      Target(
        name: $0.name, compilerFlags: ["-march=abacus"], cpuFeatures: $0.cpuFeatures,
        instructions: $0.instructions)
    }
    return job
  }
}
