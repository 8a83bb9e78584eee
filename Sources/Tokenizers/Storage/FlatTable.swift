/// A read-only array of plain values in memory that it keeps alive: allocated here, or part of a
/// mapped file, so that a prepared tokenizer is used in place.
///
/// Every index is checked: a table that was damaged on disk stops the program instead of reading
/// beyond its memory.
struct FlatTable<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  private let base: UnsafePointer<Element>
  private let owner: FlatMemory
  let count: Int

  /// A copy of `elements`.
  init(_ elements: some Collection<Element>) {
    self.init(count: elements.count) { buffer in _ = buffer.initialize(from: elements) }
  }

  /// A table of `count` values that `fill` initialises.
  init(count: Int, _ fill: (UnsafeMutableBufferPointer<Element>) throws -> Void) rethrows {
    let memory = FlatMemory(
      byteCount: count * MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment)
    let buffer = UnsafeMutableBufferPointer(
      start: memory.base.bindMemory(to: Element.self, capacity: count), count: count)
    try fill(buffer)
    self.base = UnsafePointer(memory.base.assumingMemoryBound(to: Element.self))
    self.owner = memory
    self.count = count
  }

  /// The `count` values that lie at `offset` bytes in `memory`; nil when they don't fit there.
  init?(_ memory: FlatMemory, offset: Int, count: Int) {
    let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, count >= 0, offset >= 0, offset <= memory.byteCount,
      size <= memory.byteCount - offset,
      offset % MemoryLayout<Element>.alignment == 0
    else { return nil }
    self.base = UnsafePointer(
      (memory.base + offset).bindMemory(to: Element.self, capacity: count))
    self.owner = memory
    self.count = count
  }

  @inline(__always)
  subscript(index: Int) -> Element {
    precondition(index >= 0 && index < count, "index beyond the end of a table")
    return base[index]
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(owner) {
      try body(UnsafeRawBufferPointer(UnsafeBufferPointer(start: base, count: count)))
    }
  }

  func withElements<Result>(
    _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(owner) {
      try body(UnsafeBufferPointer(start: base, count: count))
    }
  }
}
