/// A matrix of weights as the model directory stores it, dense or quantised.
public struct WeightMatrix: Sendable {
  /// Module path, without `.weight`: "model.layers.0.self_attn.q_proj".
  public let path: String
  /// Outputs of a projection, entries of an embedding.
  public let rows: Int
  /// Inputs of a projection, width of an embedding.
  public let columns: Int
  public let format: WeightFormat
  /// Dense: (rows, columns). Quantised: uint32 words, (rows, columns * bits / 32), each row one
  /// little-endian bit stream.
  public let weight: StoredTensor
  /// Quantised: (rows, columns / group size).
  public let scales: StoredTensor?
  /// Affine alone: (rows, columns / group size).
  public let biases: StoredTensor?

  public init(
    path: String, rows: Int, columns: Int, format: WeightFormat, weight: StoredTensor,
    scales: StoredTensor? = nil, biases: StoredTensor? = nil
  ) {
    self.path = path
    self.rows = rows
    self.columns = columns
    self.format = format
    self.weight = weight
    self.scales = scales
    self.biases = biases
  }

  /// Every tensor that belongs to the matrix.
  public var tensors: [StoredTensor] { [weight] + [scales, biases].compactMap { $0 } }

  /// Bytes of all its tensors together.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.bytes.count } }
}

/// How a matrix's weights are stored.
public enum WeightFormat: Hashable, Sendable {
  /// One element per weight: float32, float16 or bfloat16.
  case dense(ScalarType)
  /// MLX affine quantisation: `weight = code * scale + bias`, a scale and a bias per group of
  /// columns. `scaleType` is float32, float16 or bfloat16.
  case affine(bits: Int, groupSize: Int, scaleType: ScalarType)
  /// Floating-point codes times a scale of one byte per group of columns.
  case blockFloat(BlockFloat)

  /// "mxfp4", "bfloat16" or "affine 4-bit group 64 (bfloat16)", for listings.
  public var summary: String {
    switch self {
    case .dense(let type): type.name
    case .affine(let bits, let groupSize, let scaleType):
      "affine \(bits)-bit group \(groupSize) (\(scaleType.name))"
    case .blockFloat(let mode): mode.rawValue
    }
  }
}

extension WeightMatrix {
  /// Writes one row as float32: slow and obviously right, the reference for everything faster.
  public func dequantizedRow(
    _ row: Int,
    into output: UnsafeMutablePointer<Float>  // (columns)
  ) {
    switch format {
    case .dense:
      weight.readFloats(row * columns..<(row + 1) * columns, into: output)
    case .affine(_, let groupSize, _):
      let groups = columns / groupSize
      let rowGroups = row * groups..<(row + 1) * groups
      guard let scales = scales?.floats(rowGroups), let biases = biases?.floats(rowGroups) else {
        preconditionFailure("\(path): affine weights without scales and biases")
      }
      for column in 0..<columns {
        let group = column / groupSize
        output[column] = Float(code(row: row, column: column)) * scales[group] + biases[group]
      }
    case .blockFloat(let mode):
      guard let scales else { preconditionFailure("\(path): codes without scales") }
      for column in 0..<columns {
        let code = UInt8(truncatingIfNeeded: code(row: row, column: column))
        let scale = scales.bytes[(row * columns + column) / mode.groupSize]
        output[column] = mode.value(code: code) * mode.scale(scale)
      }
    }
  }

  /// The quantised code of one weight. Every row is one little-endian bit stream.
  public func code(row: Int, column: Int) -> UInt32 {
    let bits: Int
    switch format {
    case .dense: preconditionFailure("\(path): dense weights have no codes")
    case .affine(let width, _, _): bits = width
    case .blockFloat(let mode): bits = mode.bits
    }
    let rowStart = row * (columns * bits / 8)
    var code: UInt32 = 0
    for bit in 0..<bits {
      let position = column * bits + bit
      let byte = weight.bytes[rowStart + position / 8]
      code |= UInt32(byte >> (position % 8) & 1) << bit
    }
    return code
  }
}
