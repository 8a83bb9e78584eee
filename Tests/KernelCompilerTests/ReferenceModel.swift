import Foundation
import ModelFiles
import ModelGraph

@testable import KernelCompiler

/// Evaluates a graph for one sequence in double precision, slowly and plainly: the measure for
/// compiled kernels.
struct ReferenceModel {
  let graph: Graph
  /// Keys and values are rounded as pages of that type round them.
  let cacheType: CacheType
  private var matrices: [String: [[Double]]] = [:]

  init(_ graph: Graph, _ cacheType: CacheType = .f32) {
    self.graph = graph
    self.cacheType = cacheType
    for operation in graph.operations {
      switch operation.kind {
      case .embed(let embedding): matrices[operation.role] = Self.rows(embedding.weight)
      case .linear(let linear): matrices[operation.role] = Self.rows(linear.weight)
      default: break
      }
    }
  }

  /// The logits after every token: (tokens, vocabulary).
  func logits(_ tokens: [Int32]) -> [[Double]] {
    var values: [Value.ID: [[Double]]] = [:]
    for operation in graph.operations {
      let inputs = operation.inputs.map { values[$0] ?? [] }
      values[operation.output] = evaluate(operation, inputs, tokens)
    }
    return graph.logits.flatMap { values[$0] } ?? []
  }

  private func evaluate(
    _ operation: ModelGraph.Operation, _ inputs: [[[Double]]], _ tokens: [Int32]
  ) -> [[Double]] {
    let matrix = matrices[operation.role] ?? []
    switch operation.kind {
    case .embed(let embedding):
      return tokens.map { token in matrix[Int(token)].map { $0 * Double(embedding.scale) } }
    case .norm(let norm): return inputs[0].map { normalise($0, norm) }
    case .linear(let linear):
      let bias = linear.bias?.floats().map(Double.init)
      return inputs[0].map { row in
        matrix.indices.map { output in dot(matrix[output][...], row[...]) + (bias?[output] ?? 0) }
      }
    case .rope(let rope): return inputs[0].enumerated().map { rotate($1, rope, position: $0) }
    case .attention(let attention):
      let heads = attention.keyValueHeads
      let keys = inputs[1].map { rounded($0, heads: heads, isKey: true) }
      let values = inputs[2].map { rounded($0, heads: heads, isKey: false) }
      return attend([inputs[0], keys, values], attention)
    case .activation(let function): return inputs[0].map { $0.map { apply(function, $0) } }
    case .multiply: return zip(inputs[0], inputs[1]).map { zip($0, $1).map { $0 * $1 } }
    case .add: return zip(inputs[0], inputs[1]).map { zip($0, $1).map { $0 + $1 } }
    case .scale(let factor): return inputs[0].map { $0.map { $0 * Double(factor) } }
    case .softcap(let limit):
      return inputs[0].map { $0.map { Double(limit) * tanh($0 / Double(limit)) } }
    }
  }

  static func rows(_ matrix: WeightMatrix) -> [[Double]] {
    var row = [Float](repeating: 0, count: matrix.columns)
    return (0..<matrix.rows).map { index in
      row.withUnsafeMutableBufferPointer { buffer in
        if let start = buffer.baseAddress { matrix.dequantizedRow(index, into: start) }
      }
      return row.map(Double.init)
    }
  }

  private func normalise(_ row: [Double], _ norm: Norm) -> [Double] {
    let length = row.count / norm.heads
    let weight = norm.weight?.floats().map { Double($0) + Double(norm.weightOffset) }
    let bias = norm.bias?.floats().map(Double.init)
    return row.indices.map { index in
      let head = row[index / length * length..<(index / length + 1) * length]
      let centre = norm.style == .layer ? head.reduce(0, +) / Double(length) : 0
      let spread = head.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(length)
      return (row[index] - centre) / (spread + Double(norm.epsilon)).squareRoot()
        * (weight?[index % length] ?? 1) + (bias?[index % length] ?? 0)
    }
  }

  private func rotate(_ row: [Double], _ rope: Rope, position: Int) -> [Double] {
    var row = row
    let pairs = rope.inverseFrequencies.count
    for head in 0..<rope.heads {
      for pair in 0..<pairs {
        let angle = Double(position) * frequency(rope, pair, position)
        let (c, s) = (cos(angle) * Double(rope.magnitude), sin(angle) * Double(rope.magnitude))
        let start = head * rope.headDimension
        let first = start + (rope.interleaved ? 2 * pair : pair)
        let second = start + (rope.interleaved ? 2 * pair + 1 : pair + pairs)
        (row[first], row[second]) = (
          row[first] * c - row[second] * s, row[second] * c + row[first] * s
        )
      }
    }
    return row
  }

  private func frequency(_ rope: Rope, _ pair: Int, _ position: Int) -> Double {
    guard let dynamic = rope.dynamic, position + 1 > dynamic.limit else {
      return Double(rope.inverseFrequencies[pair])
    }
    let channels = Double(rope.rotatedChannels)
    let factor = Double(dynamic.factor)
    let growth = factor * Double(position + 1) / Double(dynamic.limit) - (factor - 1)
    let base = Double(dynamic.base) * pow(growth, channels / (channels - 2))
    return pow(base, -2 * Double(pair) / channels)
  }

  /// Keys or values as their pages keep them.
  private func rounded(_ row: [Double], heads: Int, isKey: Bool) -> [Double] {
    switch cacheType {
    case .f32: return row
    case .f16: return row.map { Double(Float16($0)) }
    case .int16:
      return rounded(row, heads: heads, group: .max, steps: 32767, isKey ? norm : largest)
    case .int8: return rounded(row, heads: heads, group: isKey ? 32 : .max, steps: 127, largest)
    }
  }

  /// Whole numbers with a scale for each `group` channels of a head, a bfloat16 that is rounded up.
  private func rounded(
    _ row: [Double], heads: Int, group: Int, steps: Float, _ range: (ArraySlice<Double>) -> Double
  ) -> [Double] {
    let dimension = row.count / heads
    let step = min(group, dimension)
    return stride(from: 0, to: row.count, by: dimension).flatMap { head in
      stride(from: head, to: head + dimension, by: step).flatMap { start in
        let values = row[start..<min(start + step, head + dimension)]
        let exact = Float(range(values)) / steps
        let scale = Double(Float(bitPattern: (exact.bitPattern + 0xffff) & 0xffff_0000))
        return values.map { scale > 0 ? ($0 / scale).rounded(.toNearestOrEven) * scale : 0 }
      }
    }
  }

  private func largest(_ values: ArraySlice<Double>) -> Double { values.map(abs).max() ?? 0 }

  private func norm(_ values: ArraySlice<Double>) -> Double {
    values.map { $0 * $0 }.reduce(0, +).squareRoot()
  }

  private func attend(_ inputs: [[[Double]]], _ attention: Attention) -> [[Double]] {
    let (dimension, group) = (attention.headDimension, attention.heads / attention.keyValueHeads)
    return inputs[0].indices.map { row in
      let first = attention.window.map { max(0, row - $0 + 1) } ?? 0
      return (0..<attention.heads).flatMap { head -> [Double] in
        let query = inputs[0][row][head * dimension..<(head + 1) * dimension]
        let start = head / group * dimension
        let scores = (first...row).map { position in
          dot(query, inputs[1][position][start..<start + dimension]) * Double(attention.scale)
        }
        let largest = scores.max() ?? 0
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        var sums = [Double](repeating: 0, count: dimension)
        for (place, weight) in weights.enumerated() {
          add(inputs[2][first + place][start..<start + dimension], times: weight, to: &sums)
        }
        return sums.map { $0 / total }
      }
    }
  }

  // Plain loops over memory: collections of numbers are slow without optimisation.

  private func dot(_ left: ArraySlice<Double>, _ right: ArraySlice<Double>) -> Double {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        var (sum, index) = (0.0, 0)
        while index < left.count {
          sum += left[index] * right[index]
          index += 1
        }
        return sum
      }
    }
  }

  private func add(_ values: ArraySlice<Double>, times factor: Double, to sums: inout [Double]) {
    values.withUnsafeBufferPointer { values in
      sums.withUnsafeMutableBufferPointer { sums in
        var index = 0
        while index < sums.count {
          sums[index] += values[index] * factor
          index += 1
        }
      }
    }
  }

  private func apply(_ function: Activation, _ x: Double) -> Double {
    switch function {
    case .silu: x / (1 + exp(-x))
    case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
    case .geluTanh:
      x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x))) / 2
    case .relu: max(x, 0)
    }
  }
}
