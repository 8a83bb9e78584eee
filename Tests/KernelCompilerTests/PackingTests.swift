import ModelFiles
import Testing

@testable import KernelCompiler

/// Packed blocks, read back as the comments of quant/*.h say.
@Suite struct PackingTests {
  /// The bits of one code in a packed group, plane by plane.
  private func code(_ block: [UInt8], bits: Int, group: Int, lane: Int, column: Int) -> Int {
    let planes = [2: [2], 3: [2, 1], 4: [4], 5: [4, 1], 6: [4, 2], 8: [8]][bits] ?? []
    var (value, shift, start) = (0, 0, 0)
    for width in planes {
      let columns = 32 / width
      let byte = block[start + column / columns * 64 + lane * 4 + column % 4]
      let place = column % columns / 4 * width
      value |= (Int(byte) >> place & ((1 << width) - 1)) << shift
      shift += width
      start += group * width * 2
    }
    return value
  }

  @Test(arguments: AffineCodes.all.map(\.bits), [32, 64, 128])
  func `codes, scales and biases keep their values`(_ bits: Int, _ group: Int) {
    var weights = TestWeights(seed: UInt64(bits * group))
    let columns = 2 * group
    let matrix = weights.matrix(
      19, columns, .affine(bits: bits, groupSize: group, scaleType: .float32))
    let packed = PackedMatrix(matrix: matrix, sections: 1, stride: 0)
    let dense = ReferenceModel.rows(matrix)
    #expect(packed.blocks == 2)
    for index in 0..<2 {
      var block = [UInt8](repeating: 0, count: packed.blockBytes)
      block.withUnsafeMutableBytes {
        if let start = $0.baseAddress { packed.pack(block: index, into: start) }
      }
      let groupBytes = packed.blockBytes / 2
      for lane in 0..<(index == 0 ? 16 : 3) {
        for column in 0..<columns {
          let bytes = Array(block[column / group * groupBytes..<(column / group + 1) * groupBytes])
          let code = code(bytes, bits: bits, group: group, lane: lane, column: column % group)
          let scales = bytes.suffix(128).withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: lane * 4, as: Float.self)
          }
          let bias = bytes.suffix(64).withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: lane * 4, as: Float.self)
          }
          let value = Double(scales) * Double(code) + Double(bias)
          #expect(abs(value - dense[index * 16 + lane][column]) < 1e-6)
        }
      }
    }
  }

  @Test(arguments: BlockFloat.allCases)
  func `floating-point codes and their scales keep their values`(_ mode: BlockFloat) {
    var weights = TestWeights(seed: 5)
    let columns = 3 * mode.groupSize
    let matrix = weights.matrix(19, columns, .blockFloat(mode))
    let packed = PackedMatrix(matrix: matrix, sections: 1, stride: 0)
    let dense = ReferenceModel.rows(matrix)
    #expect(packed.blockBytes == 64 + columns * mode.bits * 2)
    for index in 0..<2 {
      var block = [UInt8](repeating: 0, count: packed.blockBytes)
      block.withUnsafeMutableBytes {
        if let start = $0.baseAddress { packed.pack(block: index, into: start) }
      }
      for lane in 0..<(index == 0 ? 16 : 3) {
        for column in 0..<columns {
          let codes = Array(block[64...])
          let code = code(codes, bits: mode.bits, group: columns, lane: lane, column: column)
          let scale = mode.scale(block[column / mode.groupSize * 16 + lane])
          let value = Double(mode.value(code: UInt8(code)) * scale)
          #expect(value == dense[index * 16 + lane][column])
        }
      }
    }
  }

  @Test func `sections are padded so that a block belongs to one head`() {
    var weights = TestWeights(seed: 1)
    let packed = PackedMatrix(matrix: weights.matrix(60, 4), sections: 3, stride: 0)
    #expect(packed.blocks == 6)
    #expect(
      (0..<6).map(packed.rows(ofBlock:)) == [0..<16, 16..<20, 20..<36, 36..<40, 40..<56, 56..<60])
  }
}
