import ModelFiles

/// Places tensors in weights.bin, in the order in which a step reads them.
///
/// The places depend on shapes and formats alone, so that every target and both numerics share one
/// file.
struct WeightLayout: Sendable {
  private(set) var tensors: [PackedTensor] = []
  private(set) var end = 0
  /// Where the current kernel's tensors begin; offsets in kernels count from here.
  private(set) var start = 0

  /// Begins the tensors of a kernel, on a page of their own.
  mutating func beginKernel() {
    end = end.rounded(upTo: 4096)
    start = end
  }

  mutating func vector(
    _ name: String, _ source: PackedVector.Source, addend: Float = 0, sections: Int = 1
  ) -> Int {
    let vector = PackedVector(source: source, addend: addend, sections: sections)
    return place(name, .vector(vector), bytes: vector.bytes)
  }

  mutating func matrix(_ name: String, _ matrix: WeightMatrix, sections: Int = 1) throws -> Int {
    try matrix.format.check(matrix)
    let stride = matrix.format.blockBytes(columns: matrix.columns)
    let packed = PackedMatrix(matrix: matrix, sections: sections, stride: stride)
    return place(name, .matrix(packed), bytes: packed.blocks * stride)
  }

  /// Two matrices of as many rows, their blocks in turn.
  mutating func pair(
    _ names: (String, String), _ first: WeightMatrix, _ second: WeightMatrix
  ) throws -> (first: Int, second: Int, stride: Int) {
    try first.format.check(first)
    try second.format.check(second)
    let bytes = [first, second].map { $0.format.blockBytes(columns: $0.columns) }
    let stride = bytes[0] + bytes[1]
    let packed = [first, second].map { PackedMatrix(matrix: $0, sections: 1, stride: stride) }
    let offset = place(names.0, .matrix(packed[0]), bytes: packed[0].blocks * stride)
    tensors.append(
      PackedTensor(
        name: names.1, offset: start + offset + bytes[0], content: .matrix(packed[1])))
    return (offset, offset + bytes[0], stride)
  }

  private mutating func place(
    _ name: String, _ content: PackedTensor.Content, bytes: Int
  ) -> Int {
    let offset = end.rounded(upTo: 64)
    tensors.append(PackedTensor(name: name, offset: offset, content: content))
    end = offset + bytes
    return offset - start
  }
}
