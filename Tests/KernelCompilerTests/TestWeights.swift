import ModelFiles

/// Random weights from a seed, the same on every machine.
struct TestWeights {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Between -1 and 1.
  mutating func number() -> Float { Float(Int64(bitPattern: bits()) >> 40) / Float(1 << 23) }

  mutating func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in number() } }

  /// A norm's weights, around 1.
  mutating func norm(_ count: Int) -> StoredTensor {
    StoredTensor(name: "norm", shape: [count], values: numbers(count).map { 1 + $0 / 2 })
  }

  mutating func bias(_ count: Int) -> StoredTensor {
    StoredTensor(name: "bias", shape: [count], values: numbers(count))
  }

  /// A matrix whose products with numbers around 1 are around 1.
  mutating func matrix(
    _ rows: Int, _ columns: Int, _ format: WeightFormat = .dense(.float32)
  ) -> WeightMatrix {
    let size = 1 / Float(columns).squareRoot()
    switch format {
    case .dense(let type):
      let values = numbers(rows * columns).map { $0 * 1.7 * size }
      return WeightMatrix(
        path: "matrix", rows: rows, columns: columns, format: format,
        weight: tensor(values, type, [rows, columns]))
    case .affine(let bits, let group, let scaleType):
      let words = (0..<rows * columns * bits / 32).map { _ in
        UInt32(truncatingIfNeeded: self.bits())
      }
      let groups = columns / group
      let scales = (0..<rows * groups).map { _ in
        (2 + number()) * size / Float(1 << (bits - 1)) * 0.8
      }
      let biases = scales.map { -$0 * Float(1 << (bits - 1)) * (1 + number() / 8) }
      return WeightMatrix(
        path: "matrix", rows: rows, columns: columns, format: format,
        weight: StoredTensor(
          name: "matrix.weight", type: .uint32, shape: [rows, columns * bits / 32],
          bytes: words.withUnsafeBytes { Array($0) }),
        scales: tensor(scales, scaleType, [rows, groups]),
        biases: tensor(biases, scaleType, [rows, groups]))
    case .blockFloat(let mode): return blockFloat(rows, columns, mode)
    }
  }

  /// Every code is met, but for E4M3's two that are not numbers.
  private mutating func blockFloat(
    _ rows: Int, _ columns: Int, _ mode: BlockFloat
  ) -> WeightMatrix {
    let codes = (0..<rows * columns * mode.bits / 8).map { _ in
      let code = UInt8(truncatingIfNeeded: bits())
      return mode == .mxfp8 && code & 0x7F == 0x7F ? code & 0xF0 : code
    }
    // Powers of two from 2^-4 to 2^3, for E4M3 codes 2^6 less; scales of E4M3 from 2^-9 to 2^1.
    let scales = (0..<rows * columns / mode.groupSize).map { _ in
      let number = UInt8(bits() % 8)
      return switch mode {
      case .mxfp4: 123 + number
      case .mxfp8: 117 + number
      case .nvfp4: number * 8 + UInt8(bits() % 8)
      }
    }
    return WeightMatrix(
      path: "matrix", rows: rows, columns: columns, format: .blockFloat(mode),
      weight: StoredTensor(
        name: "matrix.weight", type: .uint32, shape: [rows, columns * mode.bits / 32],
        bytes: codes),
      scales: StoredTensor(
        name: "matrix.scales", type: .uint8, shape: [rows, columns / mode.groupSize],
        bytes: scales))
  }

  private func tensor(_ values: [Float], _ type: ScalarType, _ shape: [Int]) -> StoredTensor {
    let bytes: [UInt8] =
      switch type {
      case .bfloat16:
        values.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes { Array($0) }
      case .float16: values.map { Self.half($0) }.withUnsafeBytes { Array($0) }
      default: values.withUnsafeBytes { Array($0) }
      }
    return StoredTensor(name: "matrix", type: type, shape: shape, bytes: bytes)
  }

  /// A half from a float of ordinary size, cut off.
  private static func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(bits >> 16 & 0x8000)
    let magnitude = Int32(bits & 0x7FFF_FFFF) - (112 << 23)
    return magnitude <= 0 ? sign : sign | UInt16(magnitude >> 13)
  }
}
