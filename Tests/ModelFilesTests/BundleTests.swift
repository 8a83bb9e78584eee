import Foundation
import JSON
import ModelFiles
import Testing

@Suite struct BundleTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func manifest(files: [BundleManifest.File] = []) -> BundleManifest {
    BundleManifest(
      abiVersion: 1, modelType: "qwen3", signature: "abc", packingKey: "def", numerics: "fast",
      cacheType: "int8",
      targets: [
        .init(
          name: "native", library: "lib/native.so", cpuFeatures: ["avx2", "fma"],
          compiler: "clang 14.0.6")
      ],
      sizes: .init(
        weightsBytes: 10, pageBytes: 20, pagePositions: 64, maximumRows: 512,
        scratchBytes: [1: 5, 2: 6]),
      divergence: .init(meanKL: 0.001, maximumKL: 0.25, top1Agreement: 0.5, prompts: 3),
      stepCost: .init(threads: 2, streams: 4, milliseconds: [1: 8, 4: 9.5, 512: 700]),
      speed: .init(
        target: "native", threads: 2, readBytesPerSecond: 2e10, int8OperationsPerSecond: 1e12,
        floatOperationsPerSecond: 1e11, int16OperationsPerSecond: 5e11,
        bf16OperationsPerSecond: 2e11,
        generation: passage(tokens: 1, depth: 64),
        prompt: passage(tokens: 512, depth: 0)),
      kernels: [
        .init(
          name: "decode_qkv", calls: 2, wantedCalls: 1, weightBytes: 3, operationsPerRow: 4,
          int8OperationsPerRow: 2, bf16OperationsPerRow: 1, pageBytesPerPosition: 5,
          operationsPerPosition: 6, int16OperationsPerPosition: 3)
      ], files: files)
  }

  private func passage(tokens: Int, depth: Int) -> BundleManifest.Speed.Passage {
    .init(
      tokens: tokens, depth: depth, tokensPerSecond: 50,
      kernels: [
        .init(name: "decode_qkv", predicted: 0.25, achieved: 0.5),
        .init(name: "logits", predicted: 0.5, achieved: 0.5),
      ])
  }

  @Test func `a manifest reads back as it was written`() throws {
    var manifest = manifest(files: [.init(path: "source/model.c", bytes: 3, sha256: "00")])
    let text = manifest.json.text(style: .indented)
    #expect(try BundleManifest(json: JSON(parsing: text)) == manifest)
    #expect(manifest.json["step_cost"]?["milliseconds"]?["4"] == 9.5)
    #expect(manifest.speed?.generation.share == 0.75)
    #expect(manifest.speed?.prompt.kernels[0].share == 0.5)
    manifest.divergence = nil
    manifest.stepCost = nil
    manifest.speed = nil
    manifest.packingKey = nil
    #expect(try BundleManifest(json: manifest.json) == manifest)
    #expect(manifest.json["format_version"] == 3)
    #expect(manifest.json["sizes"]?["scratch_bytes"]?["2"] == 6)
  }

  @Test func `a step between two measured ones costs what lies between`() {
    let cost = BundleManifest.StepCost(threads: 1, milliseconds: [2: 8, 4: 10, 8: 30])
    #expect([1, 2, 3, 4, 6, 8, 16].map(cost.milliseconds(rows:)) == [8, 8, 9, 10, 20, 30, 60])
    #expect(BundleManifest.StepCost(threads: 1, milliseconds: [:]).milliseconds(rows: 3) == 0)
  }

  @Test func `what is wrong in a manifest is named with its place`() throws {
    func refusal(_ change: (inout JSONObject) -> Void) -> String {
      var object = manifest().json.object ?? JSONObject()
      change(&object)
      do {
        return "\(try BundleManifest(json: .object(object)))"
      } catch {
        return "\(error)"
      }
    }
    #expect(refusal { $0["format_version"] = 2 }.contains("format_version is 2"))
    #expect(refusal { $0["signature"] = nil }.contains("signature is missing, expected a string"))
    #expect(refusal { $0["sizes"] = [] }.contains("sizes: is an array, expected an object"))
    #expect(
      refusal { $0["step_cost"] = ["threads": 1, "milliseconds": ["0": 1]] }
        .contains("\"0\" is not a number of rows"))
    #expect(
      refusal { $0["step_cost"] = ["threads": 1, "milliseconds": ["1": -1]] }
        .contains("1 is a number, expected a number of 0 or more"))
    #expect(refusal { $0["abi_version"] = -1 }.contains("expected an integer of 0 or more"))
    for (key, size) in [("page_bytes", 1 << 62), ("weights_bytes", Int.max)] {
      let message = refusal { object in
        var sizes = object["sizes"]?.object ?? JSONObject()
        sizes[key] = .integer(size)
        object["sizes"] = .object(sizes)
      }
      #expect(message.contains("sizes: \(key) is a number, expected at most"), "\(message)")
    }
    for path in ["../evil", "/etc/passwd", "a//b", "a/./b", ""] {
      var files = JSONObject()
      files[path] = ["bytes": 1, "sha256": ""]
      #expect(refusal { $0["files"] = .object(files) }.contains("is not a path inside the bundle"))
    }
  }

  @Test func `a bundle's files are checked by size when it opens and by hash when asked`() throws {
    let library = try folder.write("machine code", to: "lib/native.so")
    let file = BundleManifest.File(
      path: "lib/native.so", bytes: 12, sha256: try sha256(ofFile: library))
    let text = manifest(files: [file]).json.text()
    try folder.write(text, to: "manifest.json")
    let bundle = try ModelBundle(path: folder.path)
    #expect(bundle.libraryPath(for: bundle.manifest.targets[0]) == library)
    var shares: [Double] = []
    try bundle.verifyHashes { shares.append($0) }
    #expect(shares.last == 1)

    try folder.write("machine mode", to: "lib/native.so")
    let changed = #expect(throws: ModelError.self) { try bundle.verifyHashes() }
    #expect(changed?.description.contains("lib/native.so was changed or damaged") == true)
    try folder.write("short", to: "lib/native.so")
    let short = #expect(throws: ModelError.self) { try ModelBundle(path: folder.path) }
    #expect(short?.description.contains("has 5 bytes, but the manifest states 12") == true)
    try FileManager.default.removeItem(atPath: library)
    let gone = #expect(throws: ModelError.self) { try ModelBundle(path: folder.path) }
    #expect(gone?.description.contains("lib/native.so is missing") == true)
  }

  @Test func `a folder without a manifest is no bundle`() {
    let error = #expect(throws: ModelError.self) { try ModelBundle(path: folder.path) }
    #expect(error?.description.contains("is not a bundle") == true)
  }

  @Test func `digests are SHA-256`() throws {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(try sha256(of: "") == empty)
    #expect(try sha256(of: "abc") == abc)
    #expect(try sha256(ofFile: folder.write("abc", to: "x")) == abc)
    #expect(try sha256(ofFile: folder.write("", to: "y")) == empty)
  }
}

@Suite struct ModelLocationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a manifest makes a bundle, config.json alone a model directory`() throws {
    try folder.write("{}", to: "model/config.json")
    let tensors = try folder.write("", to: "model/model.safetensors")
    try folder.write("{}", to: "x.mlxbundle/config.json")
    let manifest = try folder.write("{}", to: "x.mlxbundle/manifest.json")
    let model = folder.path + "/model"
    let bundle = folder.path + "/x.mlxbundle"
    #expect(try ModelLocation.resolve(model) == .directory(model))
    #expect(try ModelLocation.resolve(tensors) == .directory(model))
    #expect(try ModelLocation.resolve(bundle) == .bundle(bundle))
    #expect(try ModelLocation.resolve(manifest) == .bundle(bundle))
    let error = #expect(throws: ModelError.self) { try ModelLocation.resolve(folder.path) }
    #expect(error?.description.contains("holds neither manifest.json") == true)
  }

  @Test func `a bundle that lost its manifest isn't taken for a model`() throws {
    try folder.write("{}", to: "x.mlxbundle/config.json")
    try folder.write("", to: "x.mlxbundle/weights.bin")
    let error = #expect(throws: ModelError.self) {
      try ModelLocation.resolve(folder.path + "/x.mlxbundle")
    }
    #expect(error?.description.contains("is a bundle without manifest.json") == true)
  }

  @Test(arguments: [("notes.txt", "is a file"), ("model.Q4_0.gguf", "is a GGUF file")])
  func `a file of no model is named itself`(name: String, kind: String) throws {
    let file = try folder.write("", to: name)
    let error = #expect(throws: ModelError.self) { try ModelLocation.resolve(file) }
    #expect(error?.description.hasPrefix("\(file): \(kind), not an MLX model") == true)
  }

  @Test func `a hub id is looked up in the hub cache`() throws {
    let id = "some-org/Tiny_1.5-4bit"
    let model = "hub/models--some-org--Tiny_1.5-4bit"
    try folder.write("abc123\n", to: model + "/refs/main")
    try folder.write("{}", to: model + "/snapshots/abc123/config.json")
    let expected = ModelLocation.directory(folder.path + "/" + model + "/snapshots/abc123")
    let environments = [
      ["HF_HUB_CACHE": folder.path + "/hub", "HF_HOME": "/nowhere"], ["HF_HOME": folder.path],
    ]
    for environment in environments {
      #expect(try ModelLocation.resolve(id, environment: environment) == expected)
    }
    let absent = #expect(throws: ModelError.self) {
      try ModelLocation.resolve("some-org/other", environment: environments[0])
    }
    #expect(absent?.description.contains("neither a file here nor in the hub cache") == true)
    for text in ["../secret", "a/b/c", "plain", "/no/such/file", "a/..", ""] {
      let error = #expect(throws: ModelError.self) {
        try ModelLocation.resolve(text, environment: environments[0])
      }
      #expect(error?.description.contains("not a hub id") == true, "\(text)")
    }
  }
}
