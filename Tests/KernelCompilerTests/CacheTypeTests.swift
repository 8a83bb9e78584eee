import ModelFiles
import ModelGraph
import Testing

@testable import KernelCompiler

/// Attention over pages of every type, against double precision that rounds keys and values alike.
@Suite struct CacheTypeTests {
  /// Heads of all usual widths, 1 to 8 queries to a key, and some widths that fill no vector.
  static let shapes: [(name: String, model: TestModel, tokens: Int)] = [
    ("heads of 32", TestModel(heads: 1, keyValueHeads: 1, headDimension: 32), 70),
    ("heads of 48, two to a key", TestModel(heads: 4, headDimension: 48, window: 66), 150),
    ("heads of 64, three to a key", TestModel(heads: 6, headDimension: 64, layers: 2), 130),
    ("heads of 80, four to a key", TestModel(heads: 8, headDimension: 80, window: 5), 90),
    ("heads of 96, five to a key", TestModel(heads: 5, keyValueHeads: 1, headDimension: 96), 65),
    ("heads of 128, six to a key", TestModel(heads: 12, headDimension: 128, window: 64), 200),
    ("heads of 256, seven to a key", TestModel(heads: 7, keyValueHeads: 1, headDimension: 256), 80),
    ("heads of 16, eight to a key", TestModel(heads: 8, keyValueHeads: 1), 300),
    ("heads of 6", TestModel(heads: 3, keyValueHeads: 3, headDimension: 6, window: 70), 140),
    ("nine heads of 20", TestModel(heads: 9, keyValueHeads: 9, headDimension: 20), 67),
  ]

  /// Weights are float32 and so are the rows they are multiplied with: only pages round.
  @Test(arguments: shapes.indices, CacheType.allCases)
  func `attention agrees with double precision over pages of its type`(
    _ index: Int, _ cacheType: CacheType
  ) throws {
    let (name, model, count) = Self.shapes[index]
    let graph = model.graph()
    let tokens = testTokens(count, vocabulary: model.vocabulary)
    let target = try #require(TestToolchain.targets.first, "there is no compiler")
    let compiled = try CompiledTestModel(graph, target, .fast, cacheType)
    let logits = compiled.logits(tokens)
    let error = distance(logits, ReferenceModel(graph, cacheType).logits(tokens))
    #expect(error < bound(cacheType), "\(name), \(cacheType)")
    for rows in [1, 2, 3, 5, 17] {
      #expect(compiled.logits(tokens, rows: rows) == logits, "\(name), \(cacheType), \(rows) rows")
    }
  }

  /// A number halfway between two elements of a page may be rounded to either.
  private func bound(_ cacheType: CacheType) -> Double {
    switch cacheType {
    case .f32: 2e-6
    case .f16: 2e-4
    case .int16: 2e-4
    case .int8: 1e-3
    }
  }

  @Test func `bytes take half of what halves take`() throws {
    let target = try #require(TestToolchain.targets.first, "there is no compiler")
    let graph = TestModel(headDimension: 128).graph()
    let bytes = try CacheType.allCases.map {
      try plan(graph, target: target, numerics: .fast, cacheType: $0).pageBytes
    }
    // Two heads of 64 positions: elements, and for whole numbers one or four scales of a key and one
    // of a value.
    #expect(
      bytes == [
        4 * 2 * 128 * 128, 2 * 2 * 128 * 128, 2 * 64 * (2 * 256 + 4), 2 * 64 * (256 + 10),
      ])
  }

  @Test func `exact numerics refuse pages that round`() throws {
    let graph = TestModel().graph()
    #expect(throws: CompilerError.self) {
      try plan(graph, target: .x8664v3, numerics: .exact, cacheType: .int8)
    }
    #expect(try plan(graph, target: .x8664v3, numerics: .exact, cacheType: .f32).cacheType == .f32)
  }
}
