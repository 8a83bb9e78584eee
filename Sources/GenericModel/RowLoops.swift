import Foundation
import ModelGraph

/// Operations that treat every row by itself, apart from products.
enum RowLoops {
  static func normalize(
    _ norm: PreparedNorm,
    _ input: UnsafePointer<Float>,  // (rows, columns)
    _ output: UnsafeMutablePointer<Float>,
    rows: Range<Int>, columns: Int
  ) {
    let width = columns / norm.heads
    for part in rows.lowerBound * norm.heads..<rows.upperBound * norm.heads {
      norm.apply(input + part * width, output + part * width, width: width)
    }
  }

  static func rotate(
    _ rope: Rope,
    _ input: UnsafePointer<Float>,  // (rows, heads * headDimension)
    _ output: UnsafeMutablePointer<Float>,
    rows: Range<Int>, table: UnsafePointer<Float>  // (rows, rotated channels)
  ) {
    let (dimension, rotated) = (rope.headDimension, rope.rotatedChannels)
    let pairs = rotated / 2
    let (step, distance) = rope.interleaved ? (2, 1) : (1, pairs)
    for row in rows {
      let cosines = table + row * rotated
      let sines = cosines + pairs
      for head in 0..<rope.heads {
        let start = (row * rope.heads + head) * dimension
        let (source, target) = (input + start, output + start)
        for pair in 0..<pairs {
          let first = source[pair * step]
          let second = source[pair * step + distance]
          target[pair * step] = first * cosines[pair] - second * sines[pair]
          target[pair * step + distance] = first * sines[pair] + second * cosines[pair]
        }
        for channel in rotated..<dimension { target[channel] = source[channel] }
      }
    }
  }

  static func activate(
    _ function: Activation, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    switch function {
    case .silu:
      for index in 0..<count { output[index] = input[index] / (1 + exponential(-input[index])) }
    case .gelu:
      for index in 0..<count {
        output[index] = 0.5 * input[index] * (1 + erf(input[index] * 0.707_106_78))
      }
    case .geluTanh:
      for index in 0..<count {
        let x = input[index]
        output[index] = 0.5 * x * (1 + tanh(0.797_884_56 * (x + 0.044_715 * x * x * x)))
      }
    case .relu:
      for index in 0..<count { output[index] = max(0, input[index]) }
    }
  }

  static func multiply(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count { output[index] = left[index] * right[index] }
  }

  static func add(
    _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count { output[index] = left[index] + right[index] }
  }

  static func softcap(
    _ limit: Float, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    for index in 0..<count { output[index] = limit * tanh(input[index] / limit) }
  }
}

/// A norm with its parameters as float32.
struct PreparedNorm: Sendable {
  let heads: Int
  private let style: Norm.Style
  private let epsilon: Float
  private let weight: [Float]?
  private let bias: [Float]?

  init(_ norm: Norm) {
    heads = norm.heads
    style = norm.style
    epsilon = norm.epsilon
    weight = norm.weight?.floats().map { $0 + norm.weightOffset }
    bias = norm.bias?.floats()
  }

  func apply(
    _ input: UnsafePointer<Float>,  // (width)
    _ output: UnsafeMutablePointer<Float>,
    width: Int
  ) {
    var mean: Float = 0
    switch style {
    case .rms: break
    case .layer: mean = sum(input, count: width) / Float(width)
    }
    for index in 0..<width { output[index] = input[index] - mean }
    let variance = dot(output, output, count: width) / Float(width)
    scale(output, by: 1 / (variance + epsilon).squareRoot(), count: width)
    weight?.withUnsafeBufferPointer { weight in
      for index in 0..<width { output[index] *= weight[index] }
    }
    bias?.withUnsafeBufferPointer { bias in
      for index in 0..<width { output[index] += bias[index] }
    }
  }
}
