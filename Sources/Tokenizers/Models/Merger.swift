/// The token for what a vocabulary doesn't have.
struct UnknownToken: Sendable {
  let id: Int32?
  /// Whether neighbouring ones become one.
  let fuses: Bool
}

/// Merges the symbols of one word. Kept between words for its memory.
struct Merger {
  private let unknown: UnknownToken
  /// Whether an unknown token waits to be written until it is clear if it fuses with the next.
  private var unknownIsPending = false
  /// The word as token ids.
  private var symbols: [Int32] = []
  /// The merge of every symbol with the next one: rank above, id below.
  private var pairs: [UInt64] = []
  private var heap = MergeHeap()
  /// Neighbours of every symbol, for the heap. -1 at the ends.
  private var next: [Int32] = []
  private var previous: [Int32] = []

  /// Up to here the lowest rank is found by looking at all pairs; beyond, a heap keeps long words
  /// (a megabyte of one letter) from taking quadratic time.
  private static let scanLimit = 96

  init(unknown: UnknownToken) { self.unknown = unknown }

  @inline(__always)
  mutating func append(_ symbol: Int32) {
    if unknownIsPending { writeUnknown() }
    symbols.append(symbol)
  }

  /// Adds the token of a byte. An unknown token that waits stays waiting, as in the reference.
  mutating func appendByte(_ symbol: Int32) { symbols.append(symbol) }

  mutating func appendUnknown() {
    if unknownIsPending, !unknown.fuses { writeUnknown() }
    unknownIsPending = unknown.id != nil
  }

  private mutating func writeUnknown() {
    if let id = unknown.id { symbols.append(id) }
    unknownIsPending = false
  }

  /// Merges the symbols so far, and appends what they become.
  @inline(__always)
  mutating func flush(_ merges: MergeLookup, into ids: inout [Int32]) {
    if unknownIsPending { writeUnknown() }
    if symbols.count > 1 {
      if symbols.count <= Self.scanLimit { mergeByScan(merges) } else { mergeByHeap(merges) }
    }
    ids += symbols
    symbols.removeAll(keepingCapacity: true)
  }

  private mutating func mergeByScan(_ merges: MergeLookup) {
    var count = symbols.count
    pairs.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 { pairs.append(merges.merge(symbols[index], symbols[index + 1])) }
    symbols.withUnsafeMutableBufferPointer { symbols in
      pairs.withUnsafeMutableBufferPointer { pairs in
        while count > 1 {
          var best = 0
          for index in 1..<count - 1 where pairs[index] < pairs[best] { best = index }
          if pairs[best] == MergeTable.free { break }
          symbols[best] = Int32(truncatingIfNeeded: pairs[best])
          count -= 1
          for index in best + 1..<count { symbols[index] = symbols[index + 1] }
          for index in best..<count - 1 { pairs[index] = pairs[index + 1] }
          if best > 0 { pairs[best - 1] = merges.merge(symbols[best - 1], symbols[best]) }
          if best < count - 1 { pairs[best] = merges.merge(symbols[best], symbols[best + 1]) }
        }
      }
    }
    symbols.removeSubrange(count...)
  }

  private mutating func mergeByHeap(_ merges: MergeLookup) {
    let count = symbols.count
    next = (0..<count).map { $0 + 1 < count ? Int32($0 + 1) : -1 }
    previous = (0..<count).map { Int32($0 - 1) }
    heap.removeAll()
    for index in 0..<count - 1 {
      heap.append(merges.merge(symbols[index], symbols[index + 1]), at: Int32(index))
    }
    heap.order()
    while let (rank, position) = heap.pop() {
      let left = Int(position)
      let right = Int(next[left])
      // The pair may be gone by now: its left symbol merged into another, or with another.
      guard symbols[left] >= 0, right >= 0 else { continue }
      let merge = merges.merge(symbols[left], symbols[right])
      guard merge != MergeTable.free, merge >> 32 == rank else { continue }
      symbols[left] = Int32(truncatingIfNeeded: merge)
      symbols[right] = -1
      next[left] = next[right]
      if next[left] >= 0 {
        previous[Int(next[left])] = position
        heap.push(merges.merge(symbols[left], symbols[Int(next[left])]), at: position)
      }
      if previous[left] >= 0 {
        let before = previous[left]
        heap.push(merges.merge(symbols[Int(before)], symbols[left]), at: before)
      }
    }
    symbols.removeAll { $0 < 0 }
  }
}

/// Possible merges of one word, lowest rank first and leftmost first among equals.
struct MergeHeap {
  /// The rank of a merge above, the position of its left symbol below.
  private var entries: [UInt64] = []

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// Adds a merge without keeping the order; `order` restores it.
  mutating func append(_ merge: UInt64, at position: Int32) {
    if merge != MergeTable.free { entries.append(Self.entry(merge, position)) }
  }

  mutating func order() {
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  mutating func push(_ merge: UInt64, at position: Int32) {
    if merge == MergeTable.free { return }
    let entry = Self.entry(merge, position)
    entries.append(entry)
    var index = entries.count - 1
    while index > 0, entry < entries[(index - 1) / 2] {
      entries[index] = entries[(index - 1) / 2]
      index = (index - 1) / 2
    }
    entries[index] = entry
  }

  mutating func pop() -> (rank: UInt64, position: Int32)? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink(0)
    }
    return (first >> 32, Int32(truncatingIfNeeded: first))
  }

  private static func entry(_ merge: UInt64, _ position: Int32) -> UInt64 {
    merge & 0xFFFF_FFFF_0000_0000 | UInt64(UInt32(bitPattern: position))
  }

  private mutating func sink(_ start: Int) {
    let entry = entries[start]
    var index = start
    while true {
      var child = 2 * index + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1] < entries[child] { child += 1 }
      guard entries[child] < entry else { break }
      entries[index] = entries[child]
      index = child
    }
    entries[index] = entry
  }
}
