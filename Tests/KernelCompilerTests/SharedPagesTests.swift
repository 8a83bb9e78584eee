import Foundation
import ModelFiles
import ModelGraph
import Testing

@testable import KernelCompiler

/// Sequences that begin with the same pages are attended to together.
@Suite struct SharedPagesTests {
  /// Sequences, each with the number of leading tokens and of pages that it has from the first one.
  /// Runs are of four pages of 64 positions: several have two runs in common, some one or none.
  static let sequences: [(tokens: Int, common: Int, pages: Int)] = [
    (600, 600, 0), (530, 520, 8), (576, 520, 8), (513, 512, 8), (700, 512, 8),
    (300, 257, 4), (260, 256, 4), (90, 64, 1), (12, 0, 0),
  ]

  @Test(arguments: [(Numerics.exact, CacheType.f32), (.fast, .int16), (.fast, .int8)])
  func `pages in common change no bit`(_ numerics: Numerics, _ cacheType: CacheType) throws {
    try check(TestModel(heads: 4, keyValueHeads: 2, layers: 2), numerics, cacheType)
  }

  @Test func `nor do they where each query has its own head, or sees a window only`() throws {
    try check(TestModel(heads: 2, keyValueHeads: 2, layers: 2), .fast, .int16)
    try check(TestModel(heads: 4, keyValueHeads: 2, layers: 2, window: 300), .fast, .int16)
  }

  private func check(_ model: TestModel, _ numerics: Numerics, _ cacheType: CacheType) throws {
    let target = try #require(TestToolchain.targets.first, "there is no compiler")
    let compiled = try CompiledTestModel(model.graph(), target, numerics, cacheType)
    #expect(compiled.plan.runPages * compiled.plan.pagePositions == 256)
    let first = testTokens(1000, vocabulary: model.vocabulary)
    let prompts = Self.sequences.enumerated().map { index, sequence in
      first.prefix(sequence.common)
        + testTokens(
          sequence.tokens - sequence.common, vocabulary: model.vocabulary, seed: UInt64(index + 10))
    }
    let expected = next(compiled, prompts, threads: 1, order: Array(prompts.indices), shared: false)
    let orders = [[0, 1, 2, 3, 4, 5, 6, 7, 8], [8, 5, 6, 0, 7, 4, 3, 2, 1], [1, 2], [3]]
    for threads: Int32 in [1, 2, 5] {
      for order in orders {
        let found = next(compiled, prompts, threads: threads, order: order, shared: true)
        #expect(found == order.map { expected[$0] }, "\(order), \(threads) threads")
      }
    }
  }

  /// The logits of one more token of every sequence in `order`, all in one step.
  private func next(
    _ compiled: CompiledTestModel, _ prompts: [ArraySlice<Int32>], threads: Int32, order: [Int],
    shared: Bool
  ) -> [[Float]] {
    let driver = compiled.driver(threads: threads, sequences: prompts.count, positions: 704)
    for (sequence, prompt) in prompts.enumerated() {
      let pages = shared ? Self.sequences[sequence].pages : 0
      driver.share(pages, of: 0, with: sequence)
      let known = pages * compiled.plan.pagePositions
      _ = driver.prefill(
        prompt.dropFirst(known), sequence: sequence, position: known)
    }
    let rows = order.map {
      StepDriver.Row(token: Int32($0), position: prompts[$0].count, sequence: $0)
    }
    let logits = driver.step(rows, wanted: Array(order.indices))
    return order.indices.map {
      Array(logits[$0 * compiled.plan.vocabulary..<($0 + 1) * compiled.plan.vocabulary])
    }
  }
}
