import Foundation

/// Anonymous memory that becomes real page by page as it is first written to.
final class LazyMemory {
  /// At a multiple of 2 MiB, and zero at first.
  let start: UnsafeMutableRawPointer
  private let mapping: UnsafeMutableRawPointer
  private let mappedBytes: Int
  private static let hugePageBytes = 2 << 20

  /// - Parameter inHugePages: for large blocks that are read at a stride; memory comes 2 MiB at a
  ///   time then, where the system has such pages.
  init?(byteCount: Int, inHugePages: Bool = false) {
    let (length, overflow) = byteCount.addingReportingOverflow(Self.hugePageBytes)
    guard byteCount >= 0, !overflow else { return nil }
    let reserved = mmap(nil, length, PROT_READ | PROT_WRITE, lazyMapping, -1, 0)
    guard let reserved, reserved != MAP_FAILED else { return nil }
    mapping = reserved
    mappedBytes = length
    start = reserved.alignedUp(toMultipleOf: Self.hugePageBytes)
    #if os(Linux)
      if inHugePages { madvise(start, byteCount, Int32(MADV_HUGEPAGE)) }
    #endif
  }

  deinit {
    munmap(mapping, mappedBytes)
  }

  /// Makes some of it real; what stands there stays. False where the system can't do that ahead of
  /// use (Linux before 5.14, others) or has no memory left.
  func populate(from offset: Int, byteCount: Int) -> Bool {
    #if os(Linux)
      let populateWrite: Int32 = 23  // MADV_POPULATE_WRITE
      return madvise(start + offset, byteCount, populateWrite) == 0
    #else
      return false
    #endif
  }
}

/// The keys and values of all sequences: `count` pages of `pageBytes`.
///
/// Address space for all of them is reserved at once; a page takes memory when it is first used.
final class PageMemory {
  let count: Int
  let pageBytes: Int
  private let memory: LazyMemory
  /// Bytes from the start that were made real ahead of use; all, where that can't be done.
  private var readyBytes = 0
  /// A system may take milliseconds for a piece, and a request may come in meanwhile.
  static let pieceBytes = 2 << 20

  init?(count: Int, pageBytes: Int) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: pageBytes)
    // A kernel walks one head's keys at a stride of whole pages, so that 4 KiB pages miss the TLB.
    let isLarge = pageBytes >= 1 << 20
    guard !overflow, let memory = LazyMemory(byteCount: bytes, inHugePages: isLarge) else {
      return nil
    }
    self.count = count
    self.pageBytes = pageBytes
    self.memory = memory
  }

  /// (count, pageBytes)
  var start: UnsafeMutableRawPointer { memory.start }

  /// Makes the next piece of `ahead` pages after the first `touched` real, so that no step has to wait
  /// for it. False when there is none.
  func prepareNextPiece(after touched: Int, ahead: Int) -> Bool {
    readyBytes = max(readyBytes, min(touched, count) * pageBytes)
    let end = min(touched + ahead, count) * pageBytes
    guard readyBytes < end else { return false }
    let piece = min(Self.pieceBytes, end - readyBytes)
    let isReady = memory.populate(from: readyBytes, byteCount: piece)
    readyBytes = isReady ? readyBytes + piece : count * pageBytes
    return isReady
  }

  func copy(_ copy: StepPlan.PageCopy) {
    precondition((0..<count).contains(Int(copy.from)) && (0..<count).contains(Int(copy.to)))
    guard copy.from != copy.to else { return }
    (start + Int(copy.to) * pageBytes)
      .copyMemory(from: start + Int(copy.from) * pageBytes, byteCount: pageBytes)
  }
}

#if canImport(Darwin)
  private let lazyMapping = MAP_PRIVATE | MAP_ANON | MAP_NORESERVE
#else
  private let lazyMapping = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
#endif
