import Foundation
import ModelFiles
import ModelGraph
import Synchronization

/// Writes weights.bin: every tensor of the graph in the layout that the kernels read.
public struct WeightPacker: Sendable {
  public let totalBytes: Int
  /// Decides, with the contents of the weight files, every byte of the file.
  public let layoutKey: String
  private let tensors: [PackedTensor]

  /// Raised when the same plan gives other bytes.
  private static let packingVersion = 1

  public init(graph: Graph, plan: Plan) {
    totalBytes = plan.weightsBytes
    layoutKey = "\(plan.signature)-\(Self.packingVersion)-\(Self.numbers(plan.tensors))"
    tensors = plan.tensors
  }

  /// Hash of the numbers that come from config.json, not from a weight file: frequencies of
  /// rotations, what norms' weights lack.
  private static func numbers(_ tensors: [PackedTensor]) -> String {
    var hash = FNV1a()
    for tensor in tensors {
      guard case .vector(let vector) = tensor.content else { continue }
      var numbers = [vector.addend]
      if case .values(let values) = vector.source { numbers += values }
      hash.add(numbers.map { String($0.bitPattern, radix: 16) }.joined(separator: " "))
    }
    return hash.text
  }

  /// Writes the file; `progress` hears the finished share, 0 to 1, from any thread.
  public func write(
    to path: String, threads: Int, progress: @Sendable (Double) -> Void
  ) throws {
    let file = try OutputFile(path: path, bytes: totalBytes)
    let windows = stride(from: 0, to: totalBytes, by: Self.windowBytes).map {
      $0..<min($0 + Self.windowBytes, totalBytes)
    }
    let state = Mutex((next: 0, done: 0, failure: CompilerError?.none))
    DispatchQueue.concurrentPerform(iterations: max(threads, 1)) { _ in
      while true {
        let index = state.withLock { state in
          defer { state.next += 1 }
          return state.failure == nil ? state.next : windows.count
        }
        guard index < windows.count else { return }
        do throws(CompilerError) {
          try file.write(packed(windows[index]), at: windows[index].lowerBound)
        } catch {
          state.withLock { $0.failure = error }
          return
        }
        let done = state.withLock { state in
          state.done += 1
          return state.done
        }
        progress(Double(done) / Double(windows.count))
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// Files are written in pieces as large as a huge page, at multiples of it: file systems then keep
  /// them in huge pages, in which they can be mapped.
  private static let windowBytes = 2 << 20

  /// What stands in a part of the file.
  private func packed(_ window: Range<Int>) throws(CompilerError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: window.count)
    let damaged = bytes.withUnsafeMutableBytes { bytes in
      tensors.filter { tensor in
        tensor.offset < window.upperBound && window.lowerBound < tensor.offset + tensor.span
          && !tensor.write(into: bytes, at: window.lowerBound)
      }
    }
    if !damaged.isEmpty { throw damagedWeights(damaged.map(\.storedName)) }
    return bytes
  }
}

extension PackedTensor {
  /// What the model calls it.
  fileprivate var storedName: String {
    if case .matrix(let matrix) = content { matrix.matrix.weight.name } else { name }
  }

  /// Writes as much of itself as a part of the file takes that begins at `start`. False where that
  /// holds a float which is infinite or no number.
  fileprivate func write(into part: UnsafeMutableRawBufferPointer, at start: Int) -> Bool {
    switch content {
    case .vector(let vector):
      vector.floats.withUnsafeBytes { part.take($0, at: offset - start) }
      return true
    case .matrix(let matrix):
      let size = matrix.blockBytes
      var isFinite = true
      let first = max(0, (start - offset - size) / matrix.stride)
      for block in first..<matrix.blocks {
        let place = offset + block * matrix.stride - start
        if place >= part.count { break }
        if place + size <= 0 { continue }
        if place >= 0, place + size <= part.count, let address = part.baseAddress {
          isFinite = matrix.pack(block: block, into: address + place) && isFinite
        } else {
          withUnsafeTemporaryAllocation(byteCount: size, alignment: 64) { whole in
            guard let address = whole.baseAddress else { return }
            whole.initializeMemory(as: UInt8.self, repeating: 0)
            isFinite = matrix.pack(block: block, into: address) && isFinite
            part.take(UnsafeRawBufferPointer(whole), at: place)
          }
        }
      }
      return isFinite
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Copies bytes to a place that may begin before these or end after them.
  fileprivate func take(_ bytes: UnsafeRawBufferPointer, at place: Int) {
    let range = Swift.max(0, place)..<Swift.min(count, place + bytes.count)
    guard !range.isEmpty, let to = baseAddress, let from = bytes.baseAddress else { return }
    (to + range.lowerBound)
      .copyMemory(from: from + (range.lowerBound - place), byteCount: range.count)
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
