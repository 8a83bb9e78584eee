import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import GenericModel

@Suite struct LoopTests {
  @Test func `the exponential is right to a few units in the last place`() {
    for step in -8_700...8_700 {
      let x = Float(step) / 100
      let expected = exp(Double(x))
      #expect(abs(Double(exponential(x)) - expected) <= 4e-7 * expected, "\(x)")
    }
    #expect(exponential(0) == 1)
    #expect(exponential(-1e30) < 1e-37)
    #expect(exponential(-.infinity) < 1e-37)
  }

  @Test func `sums and maxima agree with plain loops at every length`() {
    var random = SeededRandom(seed: 2)
    for count in 0...70 {
      let left = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
      let right = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
      let product = zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Double(dot(left, right, count: count)) - product) < 1e-5)
      let total = left.reduce(0) { $0 + Double($1) }
      #expect(abs(Double(sum(left, count: count)) - total) < 1e-5)
      #expect(maximum(left, count: count) == left.max() ?? -.infinity)
    }
  }

  @Test func `work is shared out completely and without overlap`() {
    for (count, grain, threads) in [(0, 1, 2), (1, 1, 4), (10, 3, 3), (7, 8, 2), (100, 16, 5)] {
      let hits = UnsafeMutablePointer<Int32>.allocate(capacity: max(1, count))
      defer { hits.deallocate() }
      hits.initialize(repeating: 0, count: max(1, count))
      inParallel(count: count, grain: grain, threads: threads) { _, range in
        for index in range { hits[index] += 1 }
      }
      #expect((0..<count).allSatisfy { hits[$0] == 1 }, "\(count) by \(grain) on \(threads)")
    }
  }
}

@Suite struct DequantizerTests {
  @Test(arguments: [2, 3, 4, 5, 6, 8], [32, 64, 128])
  func `whole rows expand as weight by weight`(_ bits: Int, _ groupSize: Int) {
    var random = SeededRandom(seed: UInt64(bits * groupSize))
    let (rows, columns) = (5, 384)
    let groups = columns / groupSize
    let codes = (0..<rows * columns * bits / 8).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    func halves() -> [UInt8] {
      (0..<rows * groups).flatMap { _ in
        let half = Float16(Float.random(in: -1...1, using: &random))
        return [UInt8(truncatingIfNeeded: half.bitPattern), UInt8(half.bitPattern >> 8)]
      }
    }
    let matrix = WeightMatrix(
      path: "m", rows: rows, columns: columns,
      format: .affine(bits: bits, groupSize: groupSize, scaleType: .float16),
      weight: StoredTensor(
        name: "m.weight", type: .uint32, shape: [rows, columns * bits / 32], bytes: codes),
      scales: StoredTensor(
        name: "m.scales", type: .float16, shape: [rows, groups], bytes: halves()),
      biases: StoredTensor(
        name: "m.biases", type: .float16, shape: [rows, groups], bytes: halves()))
    expectSame(matrix)
  }

  @Test(arguments: BlockFloat.allCases)
  func `rows of floating-point codes expand as weight by weight`(_ mode: BlockFloat) {
    var random = SeededRandom(seed: 7)
    let (rows, columns) = (5, 96)
    func bytes(_ count: Int, upTo limit: UInt8) -> [UInt8] {
      (0..<count).map { _ in UInt8.random(in: 0...limit, using: &random) }
    }
    let groups = columns / mode.groupSize
    let words = columns * mode.bits / 32
    let matrix = WeightMatrix(
      path: "m", rows: rows, columns: columns, format: .blockFloat(mode),
      weight: StoredTensor(
        name: "m.weight", type: .uint32, shape: [rows, words],
        bytes: bytes(rows * words * 4, upTo: 255)),
      scales: StoredTensor(
        name: "m.scales", type: .uint8, shape: [rows, groups],
        bytes: bytes(rows * groups, upTo: 120)))
    expectSame(matrix)
  }

  private func expectSame(_ matrix: WeightMatrix) {
    let (rows, columns) = (matrix.rows, matrix.columns)
    var expected = [Float](repeating: 0, count: rows * columns)
    var expanded = expected
    expected.withUnsafeMutableBufferPointer { expected in
      expanded.withUnsafeMutableBufferPointer { expanded in
        guard let slow = expected.baseAddress, let fast = expanded.baseAddress else { return }
        for row in 0..<rows { matrix.dequantizedRow(row, into: slow + row * columns) }
        Dequantizer(matrix).expand(rows: 0..<2, into: fast)
        Dequantizer(matrix).expand(rows: 2..<rows, into: fast + 2 * columns)
      }
    }
    #expect(expanded == expected)
  }
}

@Suite struct ArenaTests {
  @Test func `values that live at the same time don't share memory`() {
    var hand = HandBuilt(seed: 1)
    for graph in [hand.attentionModel(HandBuilt.Shape()), hand.rowwiseModel(.silu)] {
      let arena = Arena(graph, external: graph.logits)
      func columns(_ index: Int) -> Range<Int> {
        arena.starts[index]..<arena.starts[index] + graph.values[index].columns
      }
      for (index, operation) in graph.operations.enumerated() where operation.output != graph.logits
      {
        let later = graph.operations[index...].flatMap(\.inputs)
        for earlier in graph.operations[..<index] where later.contains(earlier.output) {
          #expect(!columns(earlier.output.index).overlaps(columns(operation.output.index)))
        }
      }
      #expect(arena.columns < graph.values.reduce(0) { $0 + $1.columns })
    }
  }
}
