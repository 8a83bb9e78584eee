import Foundation
import ModelFiles
import ModelGraph

/// The matrices of a model, ready to be multiplied with.
///
/// They are expanded to float32 once, at load, if that takes no more than half of the memory that
/// is free: then every step only reads them. Otherwise each is expanded block by block whenever it
/// is used, which needs no memory to speak of and costs its expansion in every step. Weights that
/// the file holds as float32 are read in place.
final class Weights: @unchecked Sendable {
  /// By path, (rows, columns) of float32; empty where weights are expanded in every step.
  private let resident: [String: UnsafePointer<Float>]
  private let memory: UnsafeMutableRawBufferPointer?
  private let blas: BLAS
  private let threads: Int

  /// Whether every step only reads what was expanded at load.
  var isResident: Bool { !resident.isEmpty }
  /// Bytes of float32 weights made at load.
  var residentBytes: Int { memory?.count ?? 0 }

  /// Rows that a thread expands at a time stay in its cache until they have been multiplied with.
  private static let blockFloats = 1 << 17

  init(
    _ graph: Graph, blas: BLAS, threads: Int, availableBytes: Int,
    progress: (Double) -> Void
  ) {
    self.blas = blas
    self.threads = threads
    let matrices = graph.matrices
    let bytes = matrices.reduce(0) { $0 + Self.expandedBytes($1) }
    let memory = bytes <= availableBytes / 2 ? Self.allocate(bytes) : nil
    guard memory != nil || bytes == 0 else {
      (self.memory, resident) = (nil, [:])
      return
    }
    self.memory = memory
    resident = Self.expand(matrices, into: memory, threads: threads, progress: progress)
  }

  deinit {
    if let memory { munmap(memory.baseAddress, memory.count) }
  }

  /// Floats of scratch that `multiply` needs.
  func scratchFloats(_ graph: Graph) -> Int {
    guard !isResident else { return 0 }
    return threads * (graph.matrices.map { Self.blockRows($0) * $0.columns }.max() ?? 0)
  }

  /// `output = input · weightsᵀ`
  func multiply(
    _ matrix: WeightMatrix,
    _ input: UnsafePointer<Float>,  // (inputRows, columns)
    _ output: UnsafeMutablePointer<Float>,  // (inputRows, rows)
    inputRows: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    if let weights = resident[matrix.path] {
      let product = Product(
        blas: blas, weights: weights, rows: matrix.rows, columns: matrix.columns,
        outputStride: matrix.rows)
      return product.run(input, output, inputRows: inputRows)
    }
    let blockRows = Self.blockRows(matrix)
    blas.setThreads(1)
    inParallel(count: matrix.rows, grain: blockRows, threads: threads) { thread, range in
      let block = scratch + thread * blockRows * matrix.columns
      for start in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
        let rows = start..<min(start + blockRows, range.upperBound)
        Dequantizer(matrix).expand(rows: rows, into: block)
        let product = Product(
          blas: blas, weights: block, rows: rows.count, columns: matrix.columns,
          outputStride: matrix.rows)
        product.run(input, output + start, inputRows: inputRows)
      }
    }
    blas.setThreads(threads)
  }

  private static func blockRows(_ matrix: WeightMatrix) -> Int {
    min(matrix.rows, max(1, blockFloats / matrix.columns))
  }
}

// MARK: - Loading

extension Weights {
  /// Float32 weights whose address suits are read where they are mapped.
  private static func inPlace(_ matrix: WeightMatrix) -> UnsafePointer<Float>? {
    guard matrix.format == .dense(.float32), let start = matrix.weight.bytes.baseAddress,
      Int(bitPattern: start) % MemoryLayout<Float>.alignment == 0
    else { return nil }
    return start.assumingMemoryBound(to: Float.self)
  }

  private static func expandedBytes(_ matrix: WeightMatrix) -> Int {
    inPlace(matrix) == nil ? (matrix.rows * matrix.columns * 4 + 63) / 64 * 64 : 0
  }

  /// Anonymous memory in huge pages where the system has them: fewer faults while it is filled,
  /// fewer misses while it is read.
  private static func allocate(_ bytes: Int) -> UnsafeMutableRawBufferPointer? {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0),
      memory != MAP_FAILED
    else { return nil }
    #if os(Linux)
      let hugePages: Int32 = 14  // MADV_HUGEPAGE
      madvise(memory, bytes, hugePages)
    #endif
    return UnsafeMutableRawBufferPointer(start: memory, count: bytes)
  }

  private static func expand(
    _ matrices: [WeightMatrix], into memory: UnsafeMutableRawBufferPointer?, threads: Int,
    progress: (Double) -> Void
  ) -> [String: UnsafePointer<Float>] {
    var resident: [String: UnsafePointer<Float>] = [:]
    var offset = 0
    for matrix in matrices {
      resident[matrix.path] = inPlace(matrix)
      guard resident[matrix.path] == nil, let start = memory?.baseAddress else { continue }
      let floats = (start + offset).bindMemory(
        to: Float.self, capacity: matrix.rows * matrix.columns)
      inParallel(count: matrix.rows, grain: 1, threads: threads) { _, range in
        Dequantizer(matrix).expand(rows: range, into: floats + range.lowerBound * matrix.columns)
      }
      resident[matrix.path] = UnsafePointer(floats)
      offset += expandedBytes(matrix)
      progress(Double(offset) / Double(memory?.count ?? 1))
    }
    return resident
  }
}

/// A product with weights that stand in memory as float32.
private struct Product {
  let blas: BLAS
  let weights: UnsafePointer<Float>  // (rows, columns)
  let rows: Int
  let columns: Int
  let outputStride: Int

  /// From so many rows on, one product of matrices is faster than one of vectors for each row.
  private static let matrixRows = 16
  /// Weights that several rows read in turn stay in the cache between them.
  private static let cachedFloats = 1 << 18

  func run(
    _ input: UnsafePointer<Float>,  // (inputRows, columns)
    _ output: UnsafeMutablePointer<Float>,  // (inputRows, rows of outputStride)
    inputRows: Int
  ) {
    if inputRows >= Self.matrixRows {
      return blas.multiplyTransposed(
        input, weights, output, inputRows: inputRows, rows: rows, columns: columns,
        outputStride: outputStride)
    }
    let blockRows = inputRows == 1 ? rows : max(1, Self.cachedFloats / columns)
    for start in stride(from: 0, to: rows, by: blockRows) {
      for row in 0..<inputRows {
        blas.multiply(
          weights + start * columns, input + row * columns, output + row * outputStride + start,
          rows: min(blockRows, rows - start), columns: columns)
      }
    }
  }
}

extension Graph {
  /// The matrices that rows are multiplied with, each once. An embedding is only looked up.
  var matrices: [WeightMatrix] {
    var seen: Set<String> = []
    return operations.compactMap { operation in
      guard case .linear(let linear) = operation.kind, seen.insert(linear.weight.path).inserted
      else { return nil }
      return linear.weight
    }
  }
}
