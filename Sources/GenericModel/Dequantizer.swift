import ModelFiles

/// Expands rows of stored weights to float32, fast: whole groups at a time.
struct Dequantizer {
  private let matrix: WeightMatrix

  init(_ matrix: WeightMatrix) { self.matrix = matrix }

  func expand(
    rows: Range<Int>,
    into output: UnsafeMutablePointer<Float>  // (rows, columns)
  ) {
    let columns = matrix.columns
    switch matrix.format {
    case .dense:
      matrix.weight.readFloats(
        rows.lowerBound * columns..<rows.upperBound * columns, into: output)
    case .affine(let bits, let groupSize, _):
      for row in rows {
        expandAffine(
          row, bits: bits, groupSize: groupSize,
          into: output + (row - rows.lowerBound) * columns)
      }
    case .blockFloat(let mode):
      let values = (0...255).map { mode.value(code: UInt8($0)) }
      for row in rows {
        expandBlocks(row, mode, values: values, into: output + (row - rows.lowerBound) * columns)
      }
    }
  }

  private func expandBlocks(
    _ row: Int, _ mode: BlockFloat, values: [Float],  // (256), by code
    into output: UnsafeMutablePointer<Float>  // (columns)
  ) {
    let groups = matrix.columns / mode.groupSize
    guard let scales = matrix.scales?.bytes else {
      preconditionFailure("\(matrix.path): codes without scales")
    }
    let groupBytes = mode.groupSize * mode.bits / 8
    for group in 0..<groups {
      let scale = mode.scale(scales[row * groups + group])
      let start = (row * groups + group) * groupBytes
      let codes = matrix.weight.bytes[start..<start + groupBytes]
      let to = output + group * mode.groupSize
      for (index, byte) in codes.enumerated() {
        if mode.bits == 8 {
          to[index] = values[Int(byte)] * scale
        } else {
          to[2 * index] = values[Int(byte & 15)] * scale
          to[2 * index + 1] = values[Int(byte >> 4)] * scale
        }
      }
    }
  }

  private func expandAffine(
    _ row: Int, bits: Int, groupSize: Int,
    into output: UnsafeMutablePointer<Float>  // (columns)
  ) {
    let groups = matrix.columns / groupSize
    guard let scaleTensor = matrix.scales, let biasTensor = matrix.biases,
      let codes = matrix.weight.bytes.baseAddress
    else { preconditionFailure("\(matrix.path): affine weights without scales and biases") }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * groups) { buffer in
      guard let scales = buffer.baseAddress else { return }
      let biases = scales + groups
      scaleTensor.readFloats(row * groups..<(row + 1) * groups, into: scales)
      biasTensor.readFloats(row * groups..<(row + 1) * groups, into: biases)
      let groupBytes = groupSize * bits / 8
      let start = codes + row * groups * groupBytes
      for group in 0..<groups {
        expandGroup(
          start + group * groupBytes, bits: bits, count: groupSize, scale: scales[group],
          bias: biases[group], into: output + group * groupSize)
      }
    }
  }

  /// 8 codes are as many bytes as a code has bits, in every format.
  private func expandGroup(
    _ codes: UnsafeRawPointer, bits: Int, count: Int, scale: Float, bias: Float,
    into output: UnsafeMutablePointer<Float>  // (count)
  ) {
    switch bits {
    case 4:
      for index in 0..<count / 2 {
        let pair = codes.load(fromByteOffset: index, as: UInt8.self)
        output[2 * index] = Float(pair & 15) * scale + bias
        output[2 * index + 1] = Float(pair >> 4) * scale + bias
      }
    case 8:
      for index in 0..<count {
        output[index] = Float(codes.load(fromByteOffset: index, as: UInt8.self)) * scale + bias
      }
    default:
      let mask = (UInt64(1) << UInt64(bits)) - 1
      for eight in 0..<count / 8 {
        var word: UInt64 = 0
        for byte in (0..<bits).reversed() {
          word = word << 8 | UInt64(codes.load(fromByteOffset: eight * bits + byte, as: UInt8.self))
        }
        for index in 0..<8 {
          output[8 * eight + index] = Float(UInt32(word & mask)) * scale + bias
          word >>= UInt64(bits)
        }
      }
    }
  }
}
