import Foundation
import Synchronization

/// How fast this machine reads memory: a token can't be generated faster than the weights are read.
final class ReadBandwidth: Sendable {
  private let bytes: Int
  private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

  /// Sums of what was read, so that no reading can be left out.
  private let sum = Mutex<UInt64>(0)

  /// `bytes` are large against any cache.
  init(bytes: Int) {
    self.bytes = bytes
    let hugePage = 2 << 20
    memory = .allocate(byteCount: bytes, alignment: hugePage)
    #if os(Linux)
      madvise(memory, bytes, MADV_HUGEPAGE)
    #endif
    memory.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
  }

  deinit { memory.deallocate() }

  /// Bytes per second, each thread reading a part of its own: the best of several passes, because
  /// whatever disturbs one makes it slower; as one stream and as four, because machines differ in
  /// which of them has more reads under way.
  func measure(threads: Int) -> Double {
    (0..<3).flatMap { _ in [1, 4].map { pass(threads: threads, streams: $0) } }.max() ?? 0
  }

  private func pass(threads: Int, streams: Int) -> Double {
    let slice = bytes / threads / 4096 * 4096
    let waiting = Atomic<Int>(threads)
    let times = Mutex<(start: ContinuousClock.Instant, end: ContinuousClock.Instant)?>(nil)
    let group = DispatchGroup()
    for index in 0..<threads {
      group.enter()
      Thread.detachNewThread { [self] in
        waiting.subtract(1, ordering: .acquiringAndReleasing)
        // With more threads than cores those that wait must let the others begin.
        while waiting.load(ordering: .acquiring) > 0 { sched_yield() }
        let begin = ContinuousClock.now
        let start = memory + index * slice
        let partial =
          streams == 1
          ? Self.readOneStream(start, bytes: slice) : Self.readFourStreams(start, bytes: slice)
        let end = ContinuousClock.now
        sum.withLock { $0 &+= partial }
        times.withLock { times in
          times = (min(times?.start ?? begin, begin), max(times?.end ?? end, end))
        }
        group.leave()
      }
    }
    group.wait()
    let seconds = times.withLock { $0.map { $0.start.duration(to: $0.end).seconds } } ?? 1
    return Double(slice * threads) / seconds
  }

  private typealias Line = SIMD8<UInt64>
  private static let lineBytes = 64

  /// Reads everything from front to back and answers with something that depends on all of it.
  private static func readOneStream(_ start: UnsafeRawPointer, bytes: Int) -> UInt64 {
    var sums = (Line(), Line(), Line(), Line())
    for offset in stride(from: 0, to: bytes / (4 * lineBytes) * 4 * lineBytes, by: 4 * lineBytes) {
      let lines = start + offset
      sums.0 ^= lines.load(as: Line.self)
      sums.1 ^= lines.load(fromByteOffset: lineBytes, as: Line.self)
      sums.2 ^= lines.load(fromByteOffset: 2 * lineBytes, as: Line.self)
      sums.3 ^= lines.load(fromByteOffset: 3 * lineBytes, as: Line.self)
    }
    return (sums.0 ^ sums.1 ^ sums.2 ^ sums.3).wrappedSum()
  }

  /// The same, at four places at once.
  private static func readFourStreams(_ start: UnsafeRawPointer, bytes: Int) -> UInt64 {
    let stream = bytes / (4 * lineBytes) * lineBytes
    var sums = (Line(), Line(), Line(), Line())
    for offset in stride(from: 0, to: stream, by: lineBytes) {
      let lines = start + offset
      sums.0 ^= lines.load(as: Line.self)
      sums.1 ^= lines.load(fromByteOffset: stream, as: Line.self)
      sums.2 ^= lines.load(fromByteOffset: 2 * stream, as: Line.self)
      sums.3 ^= lines.load(fromByteOffset: 3 * stream, as: Line.self)
    }
    return (sums.0 ^ sums.1 ^ sums.2 ^ sums.3).wrappedSum()
  }
}
