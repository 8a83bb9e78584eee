import ModelFiles
import ModelGraph
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

  /// The matrix with these bytes in place of its last number.
  private func damaged(_ matrix: WeightMatrix, _ last: [UInt8]) -> WeightMatrix {
    var bytes = Array(matrix.weight.bytes)
    bytes.replaceSubrange(bytes.count - last.count..<bytes.count, with: last)
    return WeightMatrix(
      path: matrix.path, rows: matrix.rows, columns: matrix.columns, format: matrix.format,
      weight: StoredTensor(
        name: "damaged", type: matrix.weight.type, shape: matrix.weight.shape, bytes: bytes))
  }

  @Test(arguments: [
    (ScalarType.float32, [0, 0, 0x80, 0x7F], [0xFF, 0xFF, 0x7F, 0xFF] as [UInt8]),
    (.float32, [1, 0, 0x80, 0xFF], [0xFF, 0xFF, 0x7F, 0x7F]),
    (.float16, [0, 0x7C], [0xFF, 0xFB]), (.float16, [1, 0xFC], [0xFF, 0x7B]),
    (.bfloat16, [0x80, 0x7F], [0x7F, 0xFF]), (.bfloat16, [0xC0, 0xFF], [0x7F, 0x7F]),
  ])
  func `a block tells whether its floats are finite`(
    _ type: ScalarType, _ wrong: [UInt8], _ largest: [UInt8]
  ) {
    var weights = TestWeights(seed: 3)
    let matrix = weights.matrix(19, 33, .dense(type))
    for (last, isFinite) in [(largest, true), (wrong, false)] {
      let packed = PackedMatrix(matrix: damaged(matrix, last), sections: 1, stride: 0)
      var block = [UInt8](repeating: 0, count: packed.blockBytes)
      let found = (0..<2).map { index in
        block.withUnsafeMutableBytes { bytes in
          bytes.baseAddress.map { packed.pack(block: index, into: $0) }
        }
      }
      #expect(found == [true, isFinite])
    }
  }

  @Test func `a matrix that holds what is no number is refused by its tensor's name`() throws {
    var weights = TestWeights(seed: 4)
    let table = weights.matrix(37, 32)
    var build = GraphBuilder(
      modelType: "test", vocabulary: 37, hidden: 32, layers: 0, contextLimit: 64)
    let x = build.embed("embedding", Embedding(weight: table, scale: 1))
    let head = damaged(weights.matrix(37, 32), [0, 0, 0xC0, 0x7F])
    let logits = build.linear("logits", x, Linear(weight: head, bias: nil))
    let graph = build.graph(logits: logits)
    let plan = try plan(graph, target: .x8664v3, numerics: .exact)
    let error = #expect(throws: CompilerError.self) { try CompiledTestModel.pack(graph, plan) }
    #expect(error?.description.hasPrefix("tensor damaged: holds what is no finite") == true)
  }
}
