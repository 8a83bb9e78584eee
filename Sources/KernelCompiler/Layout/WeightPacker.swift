import Foundation
import ModelFiles
import ModelGraph
import Synchronization

/// Writes weights.bin: every tensor of the graph in the layout that the kernels read.
public struct WeightPacker: Sendable {
  public let totalBytes: Int
  /// Decides, with the tensors' contents, every byte of the file.
  public let layoutKey: String
  private let tensors: [PackedTensor]

  /// Raised when the same plan gives other bytes.
  private static let packingVersion = 1

  public init(graph: Graph, plan: Plan) {
    totalBytes = plan.weightsBytes
    layoutKey = "\(plan.signature)-\(Self.packingVersion)"
    tensors = plan.tensors
  }

  /// Writes the file; `progress` hears the finished share, 0 to 1, from any thread.
  public func write(
    to path: String, threads: Int, progress: @Sendable (Double) -> Void
  ) throws {
    let file = try OutputFile(path: path, bytes: totalBytes)
    let pieces = tensors.flatMap(pieces)
    let whole = max(pieces.reduce(0) { $0 + $1.bytes }, 1)
    let state = Mutex((next: 0, done: 0, failure: CompilerError?.none))
    DispatchQueue.concurrentPerform(iterations: max(threads, 1)) { _ in
      while true {
        let index = state.withLock { state in
          defer { state.next += 1 }
          return state.failure == nil ? state.next : pieces.count
        }
        guard index < pieces.count else { return }
        do throws(CompilerError) {
          try pieces[index].write(to: file)
        } catch {
          state.withLock { $0.failure = error }
          return
        }
        let done = state.withLock { state in
          state.done += pieces[index].bytes
          return state.done
        }
        progress(Double(done) / Double(whole))
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Cuts a tensor into what is packed and written at once.
  private func pieces(_ tensor: PackedTensor) -> [PackedPiece] {
    switch tensor.content {
    case .vector: return [PackedPiece(tensor: tensor, blocks: 0..<1)]
    case .matrix(let matrix):
      let blocks = max(1, (1 << 20) / matrix.blockBytes)
      return stride(from: 0, to: matrix.blocks, by: blocks).map {
        PackedPiece(tensor: tensor, blocks: $0..<min($0 + blocks, matrix.blocks))
      }
    }
  }
}

/// Some blocks of a tensor.
private struct PackedPiece: Sendable {
  let tensor: PackedTensor
  let blocks: Range<Int>

  var bytes: Int {
    switch tensor.content {
    case .vector(let vector): vector.bytes
    case .matrix(let matrix): blocks.count * matrix.blockBytes
    }
  }

  func write(to file: OutputFile) throws(CompilerError) {
    switch tensor.content {
    case .vector(let vector):
      try file.write(vector.floats.map(\.bitPattern), at: tensor.offset)
    case .matrix(let matrix):
      let size = matrix.blockBytes
      var packed = [UInt32](repeating: 0, count: blocks.count * size / 4)
      packed.withUnsafeMutableBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        for (index, block) in blocks.enumerated() {
          matrix.pack(block: block, into: start + index * size)
        }
      }
      if matrix.stride == size {
        return try file.write(packed, at: tensor.offset + blocks.lowerBound * size)
      }
      for (index, block) in blocks.enumerated() {
        let words = packed[index * size / 4..<(index + 1) * size / 4]
        try file.write(Array(words), at: tensor.offset + block * matrix.stride)
      }
    }
  }
}

extension PackedVector {
  /// As packed: sections padded with zeros.
  var floats: [Float] {
    let stored: [Float] =
      switch source {
      case .tensor(let tensor): tensor.floats()
      case .values(let values): values
      }
    let length = count / sections
    let padding = [Float](repeating: 0, count: length.rounded(upTo: blockRows) - length)
    return (0..<sections).flatMap { section in
      stored[section * length..<(section + 1) * length].map { $0 + addend } + padding
    }
  }
}
