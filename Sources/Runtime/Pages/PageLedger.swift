/// Who holds each page: the prefix tree, one sequence, or nobody.
struct PageLedger {
  let total: Int
  var tree: PrefixTree
  /// Pages that nobody holds, the next to use last; low numbers first, since those are touched.
  private var free: [Int32]
  /// Pages from the first on that were ever written to.
  private(set) var touched = 0

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
    let page = free.popLast() ?? tree.evict()
    touched = max(touched, page.map { Int($0) + 1 } ?? 0)
    return page
  }

  mutating func release(_ pages: [Int32]) {
    free.append(contentsOf: pages)
  }
}
