import ModelFiles

/// One tensor of weights.bin.
struct PackedTensor: Sendable {
  /// "layers.0.attention.query": for the plan's reader.
  let name: String
  let offset: Int
  let content: Content

  enum Content: Sendable {
    case matrix(PackedMatrix)
    case vector(PackedVector)
  }

  /// From its offset to its end, other tensors' blocks that stand between its own included.
  var span: Int {
    switch content {
    case .matrix(let matrix): (matrix.blocks - 1) * matrix.stride + matrix.blockBytes
    case .vector(let vector): vector.bytes
    }
  }
}

/// A matrix in blocks of 16 rows.
struct PackedMatrix: Sendable {
  let matrix: WeightMatrix
  /// Rows are cut into as many equal sections, each padded with zeros to whole blocks: the heads of
  /// a projection, so that a block belongs to one head.
  let sections: Int
  /// Bytes from one block to the next.
  let stride: Int

  var blocksPerSection: Int { (matrix.rows / sections).rounded(upTo: blockRows) / blockRows }
  var blocks: Int { sections * blocksPerSection }
  var blockBytes: Int { matrix.format.blockBytes(columns: matrix.columns) }

  /// The rows of the matrix that a block holds: fewer than 16 at the end of a section.
  func rows(ofBlock block: Int) -> Range<Int> {
    let length = matrix.rows / sections
    let first = block % blocksPerSection * blockRows
    let start = block / blocksPerSection * length
    return start + first..<start + min(first + blockRows, length)
  }
}

/// Floats, each section padded with zeros to whole blocks.
struct PackedVector: Sendable {
  enum Source: Sendable {
    case tensor(StoredTensor)
    case values([Float])
  }

  let source: Source
  /// Added to every element: what a norm's stored weights lack.
  let addend: Float
  let sections: Int

  var count: Int {
    switch source {
    case .tensor(let tensor): tensor.elementCount
    case .values(let values): values.count
    }
  }

  var bytes: Int { sections * (count / sections).rounded(upTo: blockRows) * 4 }
}
