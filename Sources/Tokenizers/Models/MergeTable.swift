/// BPE's merges: which two neighbours become which token, and which merge goes first.
struct MergeTable: Sendable {
  /// Open addressing. Pairs of ids (left above, right below), each followed by the merge's rank
  /// (above) and the id it makes (below). (slots, 2)
  let slots: FlatTable<UInt64>

  /// No pair of ids: ids aren't negative.
  static let free = UInt64.max

  /// Later entries of `merges` for the same pair win, as in the reference.
  init(_ merges: [(left: Int32, right: Int32, merged: Int32)]) {
    var capacity = 16
    while capacity < merges.count * 2 { capacity *= 2 }
    let mask = capacity - 1
    slots = FlatTable(count: capacity * 2) { slots in
      slots.initialize(repeating: Self.free)
      for (rank, merge) in merges.enumerated() {
        let pair = Self.pair(merge.left, merge.right)
        var slot = Int(truncatingIfNeeded: pairHash(pair)) & mask
        while slots[slot * 2] != Self.free, slots[slot * 2] != pair { slot = (slot + 1) & mask }
        slots[slot * 2] = pair
        slots[slot * 2 + 1] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merge.merged))
      }
    }
  }

  init(slots: FlatTable<UInt64>) { self.slots = slots }

  @inline(__always)
  static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}

/// The merges as BPE's inner loop reads them. Valid inside `withMerges` only.
struct MergeLookup {
  fileprivate let slots: UnsafeBufferPointer<UInt64>
  fileprivate let mask: Int

  /// Rank (above) and id (below) of the merge of two neighbours; `MergeTable.free` where there is
  /// none.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> UInt64 {
    let pair = MergeTable.pair(left, right)
    var slot = Int(truncatingIfNeeded: pairHash(pair)) & mask
    while true {
      let found = slots[slot &* 2]
      if found == pair { return slots[slot &* 2 &+ 1] }
      if found == MergeTable.free { return MergeTable.free }
      slot = (slot &+ 1) & mask
    }
  }
}

extension MergeTable {
  func withMerges<Result>(_ body: (MergeLookup) throws -> Result) rethrows -> Result {
    try slots.withElements { try body(MergeLookup(slots: $0, mask: $0.count / 2 - 1)) }
  }
}
