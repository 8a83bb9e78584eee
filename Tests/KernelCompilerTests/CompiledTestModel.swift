import Foundation
import ModelABI
import ModelGraph
import Testing

@testable import KernelCompiler

/// What tests compile with, and the tiers that this machine can run.
struct TestToolchain {
  static let toolchain = Result { try Toolchain.find() }

  /// The native tier and all known ones with no more features.
  static let targets: [Target] = {
    guard let native = try? toolchain.get().target(named: "native") else { return [] }
    let known = Target.known.filter {
      Set($0.cpuFeatures).isSubset(of: native.cpuFeatures + ["movbe"])
    }
    return [native] + known
  }()

  /// One of each vocabulary of vector words.
  static let different: [Target] = targets.reduce(into: []) { chosen, target in
    if !chosen.contains(where: { $0.instructions == target.instructions }) { chosen.append(target) }
  }

  /// One of each vocabulary that this machine's CPU lacks, compiled for the CPU that is here: what
  /// it lacks is emulated by SIMDe, which Tests/Fixtures/emulation puts in the place of
  /// the compiler's intrinsics. Empty where the CPU has them all, has no AVX2, or SIMDe is missing.
  static let emulated: [Target] = {
    guard let toolchain = try? toolchain.get(), let native = targets.first,
      native.instructions != .portable
    else { return [] }
    let headers = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Fixtures/emulation").path
    let flags = ["-march=native", "-isystem", headers]
    let isThere = ["-D__SCE__", "-include", "immintrin.h"]
    guard (try? toolchain.predefinedMacros(flags: flags + isThere)) != nil else {
      print("skipped: kernels for CPUs that this one is not need SIMDe (libsimde-dev)")
      return []
    }
    let missing = Target.known.filter { known in
      !different.contains { $0.instructions == known.instructions }
    }
    return missing.map { known in
      Target(
        name: known.name + "-emulated", compilerFlags: flags, cpuFeatures: native.cpuFeatures,
        instructions: known.instructions)
    }
  }()

  /// Plain C, which every machine runs.
  static let portable = Target(
    name: "portable", compilerFlags: ["-march=native"], cpuFeatures: [], instructions: .portable)

  /// Compiles C, warnings being errors, and loads the library.
  static func load(_ files: [(name: String, text: String)], _ flags: [String]) throws
    -> UnsafeMutableRawPointer
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let library = folder + "/model.so"
    setenv("KMP_BLOCKTIME", "0", 1)  // idle threads of one model leave the cores to the next
    try toolchain.get().compile(files: files, flags: flags + ["-Werror"], to: library)
    return try #require(dlopen(library, RTLD_NOW | RTLD_LOCAL), "\(library) doesn't load")
  }

  static func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "kernel-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
  }
}

/// A graph compiled without optimisation, which changes no bit and is quick, packed and loaded.
final class CompiledTestModel {
  let plan: Plan
  private let description: model_description
  private let weights: UnsafeMutableRawPointer

  init(
    _ graph: Graph, _ target: Target, _ numerics: Numerics, _ cacheType: CacheType? = nil
  ) throws {
    let source = try generateSource(
      graph, target: target, numerics: numerics, cacheType: cacheType)
    plan = source.plan
    let library = try TestToolchain.load(
      source.files, source.compilerFlags + target.compilerFlags + ["-O0"])
    let symbol = try #require(dlsym(library, MODEL_DESCRIBE_SYMBOL))
    let describe = unsafeBitCast(symbol, to: model_describe_function.self)
    description = try #require(describe()).pointee
    let packed = try Self.pack(graph, source.plan)
    weights = .allocate(byteCount: packed.count, alignment: 4096)
    packed.withUnsafeBytes {
      weights.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(weights), byteCount: $0.count)
    }
  }

  deinit { weights.deallocate() }

  static func pack(_ graph: Graph, _ plan: Plan) throws -> [UInt8] {
    let folder = try TestToolchain.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try WeightPacker(graph: graph, plan: plan).write(to: folder + "/weights.bin", threads: 2) { _ in
    }
    return try [UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/weights.bin")))
  }

  /// Room for some sequences of some positions. Its pages hold what numbers must not come from.
  func driver(threads: Int32, sequences: Int = 1, positions: Int = 256) -> StepDriver {
    let sizes = StepDriver.Sizes(
      vocabulary: plan.vocabulary, maximumRows: plan.maximumRows,
      pagePositions: plan.pagePositions, pageBytes: plan.pageBytes)
    let bytes = plan.scratchBytes(threads: Int(threads))
    precondition(bytes == Int(description.scratch_bytes(threads)))
    let scratch = Scratch(bytes)
    let driver = StepDriver(sizes: sizes, sequences: sequences, positions: positions) { step in
      step.pointee.weights = UnsafeRawPointer(self.weights)
      step.pointee.scratch = scratch.memory
      self.description.run(step, threads)
    }
    driver.fillPages(with: 0xFF)
    return driver
  }

  /// The logits of all rows of one sequence, fed in steps of some rows: (tokens, vocabulary)
  func logits(_ tokens: [Int32], threads: Int32 = 2, rows: Int = 512) -> [Float] {
    let driver = driver(threads: threads, positions: tokens.count)
    return stride(from: 0, to: tokens.count, by: rows).flatMap { start -> [Float] in
      let piece = tokens[start..<min(start + rows, tokens.count)]
      return driver.prefill(piece, position: start, allLogits: true)
    }
  }

  private final class Scratch {
    let memory: UnsafeMutableRawPointer

    init(_ bytes: Int) {
      memory = .allocate(byteCount: max(bytes, 64), alignment: 64)
      memory.initializeMemory(as: UInt8.self, repeating: 0xFF, count: bytes)
    }

    deinit { memory.deallocate() }
  }
}

/// `count` token ids below a vocabulary's size.
func testTokens(_ count: Int, vocabulary: Int, seed: UInt64 = 3) -> [Int32] {
  var weights = TestWeights(seed: seed)
  return (0..<count).map { _ in Int32(weights.bits() % UInt64(vocabulary)) }
}

/// Relative L2 distance of logits from a reference.
func distance(_ logits: [Float], _ reference: [[Double]]) -> Double {
  let expected = reference.flatMap { $0 }
  precondition(logits.count == expected.count, "\(logits.count) logits, \(expected.count) expected")
  var (difference, norm) = (0.0, 0.0)
  for (value, wanted) in zip(logits, expected) {
    difference += (Double(value) - wanted) * (Double(value) - wanted)
    norm += wanted * wanted
  }
  return difference.isNaN ? .infinity : (difference / norm).squareRoot()
}
