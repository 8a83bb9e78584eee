import Foundation

/// Anonymous memory that becomes real page by page as it is first written to.
final class LazyMemory {
  let byteCount: Int
  let start: UnsafeMutableRawPointer

  init?(byteCount: Int) {
    let length = max(byteCount, 1)
    let reserved = mmap(nil, length, PROT_READ | PROT_WRITE, lazyMapping, -1, 0)
    guard let reserved, reserved != MAP_FAILED else { return nil }
    self.byteCount = byteCount
    self.start = reserved
  }

  deinit {
    munmap(start, max(byteCount, 1))
  }
}

/// The keys and values of all sequences: `count` pages of `pageBytes`.
///
/// Address space for all of them is reserved at once; a page takes memory when it is first used.
final class PageMemory {
  let count: Int
  let pageBytes: Int
  private let memory: LazyMemory

  init?(count: Int, pageBytes: Int) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: pageBytes)
    guard !overflow, let memory = LazyMemory(byteCount: bytes) else { return nil }
    self.count = count
    self.pageBytes = pageBytes
    self.memory = memory
  }

  /// (count, pageBytes)
  var start: UnsafeMutableRawPointer { memory.start }

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
