import Foundation
import ModelFiles
import ModelGraph
import TestSupport

@testable import GenericModel

/// Small models put together by hand, with random weights.
struct HandBuilt {
  var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func values(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in Float.random(in: -scale...scale, using: &random) }
  }

  mutating func matrix(_ path: String, rows: Int, columns: Int) -> WeightMatrix {
    let weights = values(rows * columns, scale: 2 / Float(columns).squareRoot())
    return WeightMatrix(
      path: path, rows: rows, columns: columns, format: .dense(.float32),
      weight: StoredTensor(name: path + ".weight", shape: [rows, columns], values: weights))
  }

  mutating func vector(_ name: String, _ count: Int) -> StoredTensor {
    StoredTensor(name: name, shape: [count], values: values(count))
  }

  /// Shape of the attention of `model`.
  struct Shape {
    var heads = 4
    var keyValueHeads = 2
    var headDimension = 6
    var window: Int?
    var interleaved = false
    var rotated = 6
    var dynamic: Rope.DynamicScaling?
  }

  /// Two layers of attention only, with rotation, between an embedding and an output head.
  mutating func attentionModel(_ shape: Shape) -> Graph {
    let hidden = shape.heads * shape.headDimension
    let keyColumns = shape.keyValueHeads * shape.headDimension
    var build = GraphBuilder(
      modelType: "toy", vocabulary: 11, hidden: hidden, layers: 2, contextLimit: 1000)
    let table = matrix("table", rows: 11, columns: hidden)
    var x = build.embed("embedding", Embedding(weight: table, scale: 1.5))
    let frequencies = (0..<shape.rotated / 2).map {
      Float(pow(100, -2 * Double($0) / Double(shape.rotated)))
    }
    for layer in 0..<2 {
      build.layer = layer
      func rope(_ heads: Int) -> Rope {
        Rope(
          heads: heads, headDimension: shape.headDimension, inverseFrequencies: frequencies,
          magnitude: 1.25, interleaved: shape.interleaved, dynamic: shape.dynamic)
      }
      let query = matrix("q\(layer)", rows: hidden, columns: hidden)
      let key = matrix("k\(layer)", rows: keyColumns, columns: hidden)
      let value = matrix("v\(layer)", rows: keyColumns, columns: hidden)
      let bias = vector("v\(layer).bias", keyColumns)
      let attended = build.attention(
        "attend",
        build.rope(
          "query_rope", build.linear("query", x, Linear(weight: query)), rope(shape.heads)),
        build.rope(
          "key_rope", build.linear("key", x, Linear(weight: key)), rope(shape.keyValueHeads)),
        build.linear("value", x, Linear(weight: value, bias: bias)), heads: shape.heads,
        keyValueHeads: shape.keyValueHeads, scale: 0.7, window: shape.window)
      x = build.add("residual", x, attended)
    }
    build.layer = nil
    let logits = build.linear("logits", x, Linear(weight: table))
    return build.graph(logits: logits)
  }
}

/// Runs a graph over one whole sequence in float64, from its definitions: slow and obviously right.
struct SlowReference {
  let graph: Graph

  /// (tokens, vocabulary)
  func logits(_ tokens: [Int32]) -> [[Double]] {
    var values = [[[Double]]](repeating: [], count: graph.values.count)  // (value, row, column)
    for operation in graph.operations {
      let inputs = operation.inputs.map { values[$0.index] }
      values[operation.output.index] = result(of: operation.kind, inputs, tokens)
    }
    return graph.logits.map { values[$0.index] } ?? []
  }

  private func result(
    of kind: ModelGraph.Operation.Kind, _ inputs: [[[Double]]], _ tokens: [Int32]
  ) -> [[Double]] {
    switch kind {
    case .embed(let embedding):
      tokens.map { token in
        row(embedding.weight, Int(token)).map { $0 * Double(embedding.scale) }
      }
    case .norm(let norm): inputs[0].map { normalized($0, norm) }
    case .linear(let linear): inputs[0].map { product(linear, $0) }
    case .rope(let rope):
      inputs[0].enumerated().map { rotated($0.element, rope, position: $0.offset) }
    case .attention(let attention): attended(attention, inputs[0], inputs[1], inputs[2])
    case .activation(let function): inputs[0].map { $0.map { activated($0, function) } }
    case .multiply: combined(inputs, *)
    case .add: combined(inputs, +)
    case .scale(let factor): inputs[0].map { $0.map { $0 * Double(factor) } }
    case .softcap(let limit):
      inputs[0].map { $0.map { Double(limit) * tanh($0 / Double(limit)) } }
    }
  }

  private func combined(
    _ inputs: [[[Double]]], _ function: (Double, Double) -> Double
  ) -> [[Double]] {
    zip(inputs[0], inputs[1]).map { zip($0, $1).map(function) }
  }

  private func row(_ matrix: WeightMatrix, _ index: Int) -> [Double] {
    var floats = [Float](repeating: 0, count: matrix.columns)
    floats.withUnsafeMutableBufferPointer { buffer in
      if let start = buffer.baseAddress { matrix.dequantizedRow(index, into: start) }
    }
    return floats.map(Double.init)
  }

  private func product(_ linear: Linear, _ input: [Double]) -> [Double] {
    let bias = linear.bias?.floats()
    return (0..<linear.weight.rows).map { index in
      let products = zip(row(linear.weight, index), input).map { $0 * $1 }
      return products.reduce(Double(bias?[index] ?? 0), +)
    }
  }

  private func normalized(_ input: [Double], _ norm: Norm) -> [Double] {
    let width = input.count / norm.heads
    let weight = norm.weight?.floats()
    let bias = norm.bias?.floats()
    return (0..<norm.heads).flatMap { head -> [Double] in
      let part = input[head * width..<(head + 1) * width]
      let mean = norm.style == .layer ? part.reduce(0, +) / Double(width) : 0
      let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      return part.enumerated().map { index, value in
        let scale = Double(weight?[index] ?? 1) + Double(weight == nil ? 0 : norm.weightOffset)
        let normal = (value - mean) / (variance + Double(norm.epsilon)).squareRoot()
        return normal * scale + Double(bias?[index] ?? 0)
      }
    }
  }

  private func rotated(_ input: [Double], _ rope: Rope, position: Int) -> [Double] {
    var output = input
    let pairs = rope.inverseFrequencies.count
    for head in 0..<rope.heads {
      for pair in 0..<pairs {
        let start = head * rope.headDimension
        let first = start + (rope.interleaved ? 2 * pair : pair)
        let second = rope.interleaved ? first + 1 : first + pairs
        let angle = Double(position) * frequency(rope, pair, position)
        let (x, y) = (input[first] * Double(rope.magnitude), input[second] * Double(rope.magnitude))
        output[first] = x * cos(angle) - y * sin(angle)
        output[second] = x * sin(angle) + y * cos(angle)
      }
    }
    return output
  }

  private func frequency(_ rope: Rope, _ pair: Int, _ position: Int) -> Double {
    guard let dynamic = rope.dynamic, position >= dynamic.limit else {
      return Double(rope.inverseFrequencies[pair])
    }
    let d = Double(rope.rotatedChannels)
    let factor = Double(dynamic.factor)
    let length = Double(position + 1) / Double(dynamic.limit)
    let base = Double(dynamic.base) * pow(factor * length - (factor - 1), d / (d - 2))
    return 1 / pow(base, 2 * Double(pair) / d)
  }

  private func attended(
    _ attention: Attention, _ query: [[Double]], _ key: [[Double]], _ value: [[Double]]
  ) -> [[Double]] {
    let d = attention.headDimension
    return query.indices.map { row in
      (0..<attention.heads).flatMap { head -> [Double] in
        let shared = head / (attention.heads / attention.keyValueHeads) * d
        let first = attention.window.map { max(0, row - $0 + 1) } ?? 0
        let scores = (first...row).map { position in
          (0..<d).reduce(0) { $0 + query[row][head * d + $1] * key[position][shared + $1] }
            * Double(attention.scale)
        }
        let highest = scores.max() ?? 0
        let weights = scores.map { exp($0 - highest) }
        let total = weights.reduce(0, +)
        return (0..<d).map { channel in
          zip(first...row, weights).reduce(0) { $0 + value[$1.0][shared + channel] * $1.1 } / total
        }
      }
    }
  }

  private func activated(_ x: Double, _ function: Activation) -> Double {
    switch function {
    case .silu: x / (1 + exp(-x))
    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .geluTanh:
      0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .relu: max(0, x)
    }
  }
}

/// The largest difference between logits and their reference.
func difference(_ logits: [Float], _ reference: [[Double]]) -> Double {
  let flat = reference.flatMap { $0 }
  guard flat.count == logits.count else { return .infinity }
  return zip(logits, flat).map { abs(Double($0) - $1) }.max() ?? 0
}
