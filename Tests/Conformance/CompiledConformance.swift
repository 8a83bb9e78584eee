import Foundation
import GenericModel
import JSON
import KernelCompiler
import ModelABI
import ModelFiles
import ModelGraph
import Testing

/// Compiled libraries against golden logits, on the native tier and on x86-64-v3 where its vector
/// words are others.
@Suite struct CompiledConformance {
  @Test(arguments: ModelFixture.compiled)
  func `exact mode gives the golden logits and continuation`(_ fixture: ModelFixture) throws {
    let tiers = try CompiledFixture.tiers(fixture, .exact)
    for compiled in tiers {
      for prompt in ["short", "long"] {
        let golden = try fixture.golden(prompt)
        let logits = compiled.runner(threads: 2).append(golden.fedIDs)
        let error = LogitsError(logits, golden: golden.logits)
        #expect(error.relativeL2 <= 1e-4, "\(compiled.name), \(prompt)")
        #expect(error.maximum <= 2e-3, "\(compiled.name), \(prompt)")
        let runner = compiled.runner(threads: 1)
        let continuation = runner.greedy(golden.promptIDs, count: golden.greedyIDs.count)
        #expect(continuation == golden.greedyIDs, "\(compiled.name), \(prompt)")
      }
    }
    try expectSameBits(tiers, fixture)
  }

  @Test(arguments: ModelFixture.compiled)
  func `fast mode stays within what int8 activations cost`(_ fixture: ModelFixture) throws {
    let bound = try fixture.int8Cost()
    let tiers = try CompiledFixture.tiers(fixture, .fast)
    for compiled in tiers {
      var total = LogitsComparison()
      for prompt in ["short", "long"] {
        let golden = try fixture.golden(prompt)
        let logits = compiled.runner(threads: 2).append(golden.fedIDs)
        total.add(logits, golden: golden.logits, rows: golden.fedIDs.count)
      }
      #expect(total.disagreements == 0, "\(compiled.name)")
      #expect(total.meanDivergence <= 2.5 * bound.divergence + 1e-9, "\(compiled.name)")
      #expect(total.relativeL2 <= 2.5 * bound.relativeL2 + 1e-6, "\(compiled.name)")
    }
    try expectSameBits(tiers, fixture)
  }

  /// Neither threads nor chunks change a bit, nor does the tier, unless it rounds inputs to bfloat16.
  private func expectSameBits(_ tiers: [CompiledFixture], _ fixture: ModelFixture) throws {
    let fed = try fixture.golden("long").fedIDs
    var references: [Bool: [Float]] = [:]
    for compiled in tiers {
      let rounds = compiled.roundsToBFloat16
      let reference = references[rounds] ?? compiled.runner(threads: 1).append(fed)
      references[rounds] = reference
      for (threads, rows) in [(1, 7), (2, 64), (3, 64), (2, 1)] {
        let logits = compiled.runner(threads: Int32(threads)).append(fed, rows: rows)
        #expect(logits == reference, "\(compiled.name), \(threads) threads, steps of \(rows)")
      }
    }
  }
}

extension ModelFixture {
  /// All that can be compiled where MLX_FIXTURES names a folder of them, else enough to meet every
  /// kind of kernel.
  static let compiled: [ModelFixture] = {
    if ProcessInfo.processInfo.environment["MLX_FIXTURES"] != nil { return supported }
    let chosen = [
      "llama", "llama-mixed-modes", "llama-mixed-skip", "mistral-layer-types", "qwen2-yarn",
      "qwen3-mixed",
      "qwen3-q4-f16scales",
    ]
    return supported.filter { chosen.contains($0.name) }
  }()
}

/// What a fixture says that int8 activations cost on it.
extension ModelFixture {
  func int8Cost() throws -> (divergence: Double, relativeL2: Double) {
    let text = try String(contentsOfFile: path + "/goldens.json", encoding: .utf8)
    let cost = try #require(try JSON(parsing: text)["int8_activations"])
    return (
      try #require(cost["kl_mean"]?.double), try #require(cost["relative_l2"]?.double)
    )
  }
}

/// Logits of several rows beside golden ones.
struct LogitsComparison {
  /// Sum over rows of KL(softmax(golden) || softmax(logits)).
  private var divergence = 0.0
  private var difference = 0.0
  private var norm = 0.0
  /// Rows whose best token differs though the golden margin is over 0.5.
  private(set) var disagreements = 0

  private var rows = 0

  var meanDivergence: Double { divergence / Double(rows) }
  var relativeL2: Double { (difference / norm).squareRoot() }

  mutating func add(_ logits: [Float], golden: [Float], rows: Int) {
    let columns = golden.count / rows
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      add(logits[range].map(Double.init), golden: golden[range].map(Double.init))
    }
    self.rows += rows
  }

  private mutating func add(_ logits: [Double], golden: [Double]) {
    for (value, reference) in zip(logits, golden) {
      difference += (value - reference) * (value - reference)
      norm += reference * reference
    }
    let (p, q) = (Self.logSoftmax(golden), Self.logSoftmax(logits))
    divergence += zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    let ranked = golden.indices.sorted { golden[$0] > golden[$1] }
    let best = logits.indices.max { logits[$0] < logits[$1] }
    if golden[ranked[0]] - golden[ranked[1]] > 0.5, best != ranked[0] { disagreements += 1 }
  }

  private static func logSoftmax(_ values: [Double]) -> [Double] {
    let largest = values.max() ?? 0
    let total = log(values.reduce(0) { $0 + exp($1 - largest) })
    return values.map { $0 - largest - total }
  }
}

/// A fixture compiled for one tier.
struct CompiledFixture {
  let name: String
  private let description: model_description
  private let weights: [UInt8]
  /// Whether products take rows that are rounded to bfloat16, which some CPUs multiply.
  let roundsToBFloat16: Bool

  /// The native tier first; all share one weights file.
  static func tiers(_ fixture: ModelFixture, _ numerics: Numerics) throws -> [CompiledFixture] {
    let toolchain = try Toolchain.find()
    let native = try toolchain.target(named: "native")
    let narrower = Target.known.filter {
      $0.name == "x86-64-v3" && native.runs($0) && $0.instructions != native.instructions
    }
    let targets = [native] + narrower
    let graph = try buildGraph(ModelDirectory(path: fixture.path))
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var weights: [UInt8] = []
    return try targets.map { target in
      let source = try generateSource(graph, target: target, numerics: numerics)
      if weights.isEmpty {
        let path = folder.path + "/weights.bin"
        try WeightPacker(graph: graph, plan: source.plan).write(to: path, threads: 2) { _ in }
        weights = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      }
      let library = "\(folder.path)/\(target.name).so"
      try toolchain.compile(source: source, target: target, to: library)
      let rounds = source.files.contains {
        source.units.contains($0.name) && $0.text.contains("store_bf16(")
      }
      return try CompiledFixture(
        name: target.name, roundsToBFloat16: rounds, library: library, weights: weights)
    }
  }

  private init(
    name: String, roundsToBFloat16: Bool, library: String, weights: [UInt8]
  ) throws {
    self.name = name
    self.roundsToBFloat16 = roundsToBFloat16
    self.weights = weights
    setenv("KMP_BLOCKTIME", "0", 1)  // idle threads of one model leave the cores to the next
    let handle = try #require(dlopen(library, RTLD_NOW | RTLD_LOCAL), "\(library) doesn't load")
    let symbol = try #require(dlsym(handle, MODEL_DESCRIBE_SYMBOL))
    let describe = unsafeBitCast(symbol, to: model_describe_function.self)
    description = try #require(describe()).pointee
    try #require(Int(description.weights_bytes) == weights.count)
  }

  /// A sequence of its own, with weights aligned as the library wants them.
  func runner(threads: Int32) -> SequenceRunner {
    let aligned = AlignedCopy(weights)
    let description = description
    return SequenceRunner(
      vocabulary: Int(description.vocabulary), maximumRows: Int(description.maximum_rows),
      pagePositions: Int(description.page_positions), pageBytes: Int(description.page_bytes),
      scratchBytes: Int(description.scratch_bytes(threads)), positions: 128,
      weights: UnsafeRawPointer(aligned.memory)
    ) { step in
      withExtendedLifetime(aligned) { description.run(step, threads) }
    }
  }

  private final class AlignedCopy {
    let memory: UnsafeMutableRawPointer

    init(_ bytes: [UInt8]) {
      memory = .allocate(byteCount: bytes.count, alignment: 4096)
      bytes.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
    }

    deinit { memory.deallocate() }
  }
}

extension Target {
  /// Whether a machine that has what this target needs can run another.
  func runs(_ other: Target) -> Bool {
    Set(other.cpuFeatures).isSubset(of: cpuFeatures + ["movbe"])
  }
}
