/// Who holds each page: the prefix tree, one sequence, or nobody.
struct PageLedger {
  let total: Int
  var tree: PrefixTree
  /// Pages that nobody holds, the next to use last; low numbers first, since those are touched.
  private var free: [Int32]

  init(total: Int, pagePositions: Int) {
    self.total = total
    self.tree = PrefixTree(pagePositions: pagePositions)
    self.free = (0..<Int32(total)).reversed()
  }

  /// Pages that can be had without taking any from a running sequence.
  var available: Int { free.count + tree.unreferencedCount }

  /// Pages that a running sequence holds or shares.
  var used: Int { total - available }

  /// Pages that nobody holds.
  var freeCount: Int { free.count }

  /// A page to write to: an unused one, else the least recently used of the tree.
  mutating func allocate() -> Int32? {
    free.popLast() ?? tree.evict()
  }

  mutating func release(_ pages: [Int32]) {
    free.append(contentsOf: pages)
  }
}
