import Foundation
import ModelFiles
import ModelGraph
import Testing

@testable import KernelCompiler

/// Whole small decoders against double precision: what differs between models, one at a time.
@Suite struct DecoderTests {
  static let models: [(name: String, model: TestModel, tokens: Int)] = [
    (
      "heads of 6, interleaved, gelu",
      TestModel(headDimension: 6, interleaved: true, activation: .gelu), 17
    ),
    (
      "tied, scaled embedding, one key-value head",
      TestModel(keyValueHeads: 1, headNorm: true, tied: true, activation: .geluTanh), 9
    ),
    (
      "seven queries to a head, biases, rows of 28, half of each head rotated",
      TestModel(
        hidden: 28, heads: 7, keyValueHeads: 1, bias: true, rotatedChannels: 8, magnitude: 1.25), 19
    ),
    (
      "heads of 20, rows of 36, growing base",
      TestModel(
        hidden: 36, intermediate: 52, headDimension: 20,
        dynamic: .init(base: 10_000, factor: 4, limit: 8)), 24
    ),
    (
      "heads of 80", TestModel(heads: 2, keyValueHeads: 2, headDimension: 80, activation: .relu), 70
    ),
    (
      "floating-point codes, tied",
      TestModel(
        hidden: 96, intermediate: 64, headDimension: 24, layers: 3, tied: true,
        format: .blockFloat(.nvfp4),
        formats: [.blockFloat(.mxfp4), .blockFloat(.mxfp8), .blockFloat(.nvfp4)]), 40
    ),
    (
      "layer norms with biases, rows of 36, scaled residuals and capped logits",
      TestModel(
        hidden: 36, intermediate: 52, headDimension: 20, headNorm: true, normStyle: .layer,
        normBias: true, residualScale: 0.25, logitScale: 2, logitCap: 1.5), 19
    ),
    (
      "norms without weights, rows of 28",
      TestModel(hidden: 28, headDimension: 12, layers: 2, headNorm: true, normWeights: false), 11
    ),
    (
      "layer norms without weights", TestModel(hidden: 20, normStyle: .layer, normWeights: false), 9
    ),
    ("window of 64 over pages", TestModel(window: 64), 200),
    ("several runs of pages", TestModel(heads: 2, keyValueHeads: 1), 600),
    (
      "layers of several formats, window of 10",
      TestModel(
        hidden: 64, intermediate: 64, layers: 4, window: 10,
        formats: [
          .affine(bits: 4, groupSize: 32, scaleType: .bfloat16), .dense(.float16),
          .affine(bits: 8, groupSize: 64, scaleType: .float32), .dense(.bfloat16),
        ]), 90
    ),
  ]

  @Test(arguments: models.indices)
  func `exact mode agrees with double precision on the native tier`(_ index: Int) throws {
    let (name, model, count) = Self.models[index]
    let graph = model.graph()
    let tokens = testTokens(count, vocabulary: model.vocabulary)
    let target = try #require(TestToolchain.targets.first, "there is no compiler")
    let compiled = try CompiledTestModel(graph, target, .exact)
    let error = distance(compiled.logits(tokens), ReferenceModel(graph).logits(tokens))
    #expect(error < 2e-6, "\(name)")
  }

  @Test(arguments: [1, 3], [Numerics.exact, .fast])
  func `logits are the same whichever rows of a step want them`(
    _ layers: Int, _ numerics: Numerics
  ) throws {
    let model = TestModel(layers: layers, window: layers == 3 ? 10 : nil, headNorm: true)
    let target = try #require(TestToolchain.targets.first, "there is no compiler")
    let compiled = try CompiledTestModel(model.graph(), target, numerics)
    let tokens = testTokens(40, vocabulary: model.vocabulary)
    let lengths = [23, 9]
    let first = lengths.indices.flatMap { sequence in
      (0..<lengths[sequence]).map {
        StepDriver.Row(token: tokens[7 * sequence + $0], position: $0, sequence: sequence)
      }
    }
    let second = lengths.indices.map {
      StepDriver.Row(token: tokens[39], position: lengths[$0], sequence: $0)
    }
    func logits(threads: Int32, wanted: [Int]) -> (first: [Float], second: [Float]) {
      let driver = compiled.driver(threads: threads, sequences: 2, positions: 64)
      return (
        Array(driver.step(first, wanted: wanted)), Array(driver.step(second, wanted: [0, 1]))
      )
    }
    let all = logits(threads: 1, wanted: Array(first.indices))
    for wanted in [[], [0], [31], [22, 31], [1, 2, 5, 21, 22, 23, 30]] {
      for threads in [1, 2, 3] as [Int32] {
        let some = logits(threads: threads, wanted: wanted)
        let columns = model.vocabulary
        let expected = wanted.flatMap { all.first[$0 * columns..<($0 + 1) * columns] }
        #expect(some.first == expected, "rows \(wanted), \(threads) threads")
        #expect(some.second == all.second, "after rows \(wanted), \(threads) threads")
      }
    }
  }

  @Test(arguments: [(Numerics.exact, CacheType.f32)] + [.int16, .f16, .int8].map { (.fast, $0) })
  func `neither batch, chunks, threads nor tiers change a bit`(
    _ numerics: Numerics, _ cacheType: CacheType
  ) throws {
    let model = TestModel(
      hidden: 64, intermediate: 96, headDimension: 24, layers: 4, window: 70, headNorm: true,
      format: .affine(bits: 4, groupSize: 32, scaleType: .bfloat16),
      formats: [.affine(bits: 4, groupSize: 32, scaleType: .bfloat16)]
        + BlockFloat.allCases.map(WeightFormat.blockFloat))
    let graph = model.graph()
    let prompts = [300, 17, 1, 90].enumerated().map { index, count in
      testTokens(count, vocabulary: model.vocabulary, seed: UInt64(index))
    }
    var expected: [[Float]] = []
    for target in TestToolchain.different + [TestToolchain.portable] {
      let compiled = try CompiledTestModel(graph, target, numerics, cacheType)
      if expected.isEmpty { expected = prompts.map { compiled.logits($0, threads: 1) } }
      for (prompt, wanted) in zip(prompts, expected) {
        #expect(compiled.logits(prompt, threads: 1, rows: 7) == wanted, "\(target.name)")
        #expect(compiled.logits(prompt, threads: 3, rows: 100) == wanted, "\(target.name)")
      }
      #expect(compiled.logits(prompts[0], threads: 5, rows: 1) == expected[0], "\(target.name)")
      for threads: Int32 in [1, 2, 4] {
        #expect(
          together(compiled, prompts, threads: threads) == expected.map { $0.suffix(37) },
          "\(target.name), \(threads) threads")
      }
    }
  }

  /// `ProductTests` emulate the formats that this model has not.
  @Test(arguments: [(Numerics.exact, CacheType.f32), (.fast, .int16), (.fast, .int8)])
  func `CPUs that are emulated give the bits that this one gives`(
    _ numerics: Numerics, _ cacheType: CacheType
  ) throws {
    // Vocabularies of AVX-512 differ in products of integers and of bfloat16 alone.
    let targets = TestToolchain.emulated.filter { $0.instructions != .avx512bf16 }
      .prefix(cacheType == .int8 ? .max : 1)
    guard let native = TestToolchain.targets.first, !targets.isEmpty else { return }
    let graph = TestModel(
      hidden: 64, intermediate: 96, headDimension: 24, layers: 2, window: 70, headNorm: true,
      format: .affine(bits: 4, groupSize: 32, scaleType: .bfloat16)
    ).graph()
    let tokens = testTokens(90, vocabulary: graph.vocabulary)
    let expected = try CompiledTestModel(graph, native, numerics, cacheType).logits(tokens)
    for target in targets {
      let compiled = try CompiledTestModel(graph, target, numerics, cacheType)
      #expect(compiled.logits(tokens, rows: 17) == expected, "\(target.name)")
      #expect(compiled.logits(tokens, threads: 1, rows: 1) == expected, "\(target.name)")
    }
  }

  @Test func `neither batch, chunks nor threads change a bit of products of bfloat16`() throws {
    let all = TestToolchain.targets + TestToolchain.emulated
    guard let target = all.first(where: { $0.instructions.multipliesBFloat16 }) else { return }
    let model = TestModel(
      hidden: 36, intermediate: 52, headDimension: 20, layers: 2, tied: true,
      format: .dense(.bfloat16))
    let graph = model.graph()
    let compiled = try CompiledTestModel(graph, target, .fast, .f32)
    let prompts = [130, 17, 1, 90].enumerated().map { index, count in
      testTokens(count, vocabulary: model.vocabulary, seed: UInt64(index))
    }
    let expected = prompts.map { compiled.logits($0, threads: 1) }
    #expect(compiled.logits(prompts[0], threads: 3, rows: 1) == expected[0])
    #expect(compiled.logits(prompts[0], threads: 2, rows: 13) == expected[0])
    #expect(together(compiled, prompts, threads: 2) == expected.map { $0.suffix(37) })
    // Rows are rounded by 2^-9 at most, in ten products one after the other.
    let error = distance(expected[0], ReferenceModel(graph).logits(prompts[0]))
    #expect(error > 0x1p-15 && error < 10 * 0x1p-9)
  }

  @Test(arguments: Numerics.allCases)
  func `twice as many threads as cores finish with the same bits`(_ numerics: Numerics) throws {
    let model = TestModel(
      hidden: 64, intermediate: 96, headDimension: 24, layers: 2,
      format: .affine(bits: 4, groupSize: 32, scaleType: .bfloat16))
    let target = try #require(TestToolchain.targets.first, "there is no compiler")
    let compiled = try CompiledTestModel(model.graph(), target, numerics)
    let tokens = testTokens(70, vocabulary: model.vocabulary)
    let threads = Int32(2 * ProcessInfo.processInfo.activeProcessorCount)
    let expected = compiled.logits(tokens, threads: 1)
    for rows in [70, 16, 1] {
      #expect(compiled.logits(tokens, threads: threads, rows: rows) == expected, "\(rows) rows")
    }
  }

  /// The last logits of several sequences that go through the model together, in uneven pieces.
  private func together(
    _ compiled: CompiledTestModel, _ prompts: [[Int32]], threads: Int32
  ) -> [ArraySlice<Float>] {
    let driver = compiled.driver(threads: threads, sequences: prompts.count, positions: 320)
    var last = [ArraySlice<Float>](repeating: [], count: prompts.count)
    var done = [Int](repeating: 0, count: prompts.count)
    while zip(done, prompts).contains(where: { $0 < $1.count }) {
      var rows: [StepDriver.Row] = []
      var wanted: [Int] = []
      for (sequence, prompt) in prompts.enumerated() where done[sequence] < prompt.count {
        let piece = min([50, 5, 1, 11][sequence], prompt.count - done[sequence])
        for position in done[sequence]..<done[sequence] + piece {
          rows.append(.init(token: prompt[position], position: position, sequence: sequence))
        }
        done[sequence] += piece
        wanted.append(rows.count - 1)
      }
      let logits = Array(driver.step(rows, wanted: wanted))
      for (index, row) in wanted.enumerated() {
        last[rows[row].sequence] = logits[index * 37..<(index + 1) * 37]
      }
    }
    return last
  }
}
