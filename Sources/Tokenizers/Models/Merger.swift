/// Merges the symbols of one word. Kept between words for its memory.
struct Merger {
  /// The word as token ids.
  var symbols: [Int32] = []

  /// Up to here the lowest rank is found by looking at all pairs; beyond, a heap keeps long words
  /// (a megabyte of one letter) from taking quadratic time.
  private static let scanLimit = 96

  /// The merge of every symbol with the next one: rank above, id below.
  private var pairs: [UInt64] = []
  private var heap = MergeHeap()
  /// Neighbours of every symbol, for the heap. -1 at the ends.
  private var next: [Int32] = []
  private var previous: [Int32] = []

  mutating func merge(_ merges: MergeLookup) {
    if symbols.count < 2 { return }
    if symbols.count <= Self.scanLimit { mergeByScan(merges) } else { mergeByHeap(merges) }
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
    while let (merge, position) = heap.pop() {
      let left = Int(position)
      let right = Int(next[left])
      // The pair may be gone by now: its left symbol merged into another, or with another.
      guard symbols[left] >= 0, right >= 0, merges.merge(symbols[left], symbols[right]) == merge
      else { continue }
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
  /// A merge (rank above, id below) and the position of its left symbol.
  private typealias Entry = (merge: UInt64, position: Int32)
  private var entries: [Entry] = []

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  /// Adds an entry without keeping the order; `order` restores it.
  mutating func append(_ merge: UInt64, at position: Int32) {
    if merge != MergeTable.free { entries.append((merge, position)) }
  }

  mutating func order() {
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  mutating func push(_ merge: UInt64, at position: Int32) {
    if merge == MergeTable.free { return }
    entries.append((merge, position))
    var index = entries.count - 1
    while index > 0, Self.isBefore(entries[index], entries[(index - 1) / 2]) {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func pop() -> (merge: UInt64, position: Int32)? {
    guard let first = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink(0)
    }
    return first
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < entries.count && Self.isBefore(entries[child], entries[smallest]) {
        smallest = child
      }
      if smallest == index { return }
      entries.swapAt(index, smallest)
      index = smallest
    }
  }

  private static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
    (left.merge, left.position) < (right.merge, right.position)
  }
}
