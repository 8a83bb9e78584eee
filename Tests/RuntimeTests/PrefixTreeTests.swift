import Testing

@testable import Runtime

/// The tree by itself: what it finds, what it keeps, and what it lets go first.
struct PrefixTreeTests {
  private let none = PrefixTree.none

  /// A tree that knows each of these sequences, in full pages of 2, and how it was told.
  private func tree(_ sequences: [[Int32]]) -> PrefixTree {
    var tree = PrefixTree(pagePositions: 2)
    var page: Int32 = 0
    for tokens in sequences {
      var path: [PrefixTree.NodeID] = []
      for start in stride(from: 0, to: tokens.count - 1, by: 2) {
        let insertion = tree.insert(
          page: page, tokens: tokens[start..<start + 2], after: path.last ?? none)
        path.append(insertion.node)
        page += 1
      }
      tree.release(path)
    }
    return tree
  }

  private func pages(_ tree: PrefixTree, _ tokens: [Int32]) -> [Int32] {
    tree.longestPath(tokens[...]).map { tree.page(of: $0) }
  }

  @Test func `The longest known beginning is found in full pages`() {
    let tree = tree([[1, 2, 3, 4], [1, 2, 5, 6]])
    #expect(pages(tree, [1, 2, 3, 4, 9]) == [0, 1])
    #expect(pages(tree, [1, 2, 5, 6]) == [0, 3])
    #expect(pages(tree, [1, 2, 7, 7]) == [0])
    #expect(pages(tree, [1, 2, 3]) == [0])
    #expect(pages(tree, [2, 1]) == [])
  }

  @Test func `A page whose tokens are known already is handed back`() {
    var tree = tree([[1, 2]])
    let again = tree.insert(page: 7, tokens: [1, 2], after: none)
    #expect(again.freed == [7])
    #expect(tree.page(of: again.node) == 0)
    #expect(tree.count == 1)
  }

  @Test func `The same tokens after different beginnings are different pages`() {
    let tree = tree([[1, 1, 5, 5], [2, 2, 5, 5]])
    #expect(pages(tree, [1, 1, 5, 5]) == [0, 1])
    #expect(pages(tree, [2, 2, 5, 5]) == [2, 3])
  }

  @Test func `The least recently used leaf goes first, and parents after their children`() {
    var tree = tree([[1, 2, 3, 4], [5, 6]])
    let path = tree.longestPath([1, 2, 3, 4])
    for node in path { tree.retain(node) }
    tree.release(path)
    #expect(tree.evict() == 2)
    #expect(tree.evict() == 1)
    #expect(tree.evict() == 0)
    #expect(tree.evict() == nil)
    #expect(tree.count == 0)
  }

  @Test func `A page in use is never evicted, nor are those before it`() {
    var tree = tree([[1, 2, 3, 4], [1, 2, 5, 6]])
    let path = tree.longestPath([1, 2, 5, 6])
    for node in path { tree.retain(node) }
    #expect(tree.unreferencedCount == 1)
    #expect(tree.evict() == 1)
    #expect(tree.evict() == nil)
    tree.release(path)
    #expect(tree.unreferencedCount == 2)
  }

  @Test func `A page that isn't full is found by its overlap`() {
    var tree = PrefixTree(pagePositions: 4)
    #expect(tree.insertPartial(page: 3, tokens: [1, 2, 3], after: none) == [])
    #expect(tree.longestPath([1, 2, 3, 4]) == [])
    let overlap = tree.longestOverlap(after: none, [1, 2, 9, 9])
    #expect(overlap?.positions == 2)
    #expect(overlap.map { tree.page(of: $0.node) } == 3)
    #expect(tree.longestOverlap(after: none, [4, 2, 3, 4]) == nil)
  }

  @Test func `A longer page replaces the shorter ones that it covers`() {
    var tree = PrefixTree(pagePositions: 4)
    #expect(tree.insertPartial(page: 0, tokens: [1, 2], after: none) == [])
    #expect(tree.insertPartial(page: 1, tokens: [1, 2, 3], after: none) == [0])
    #expect(tree.insertPartial(page: 2, tokens: [1, 2], after: none) == [2])
    #expect(tree.insertPartial(page: 3, tokens: [1, 7], after: none) == [])
    #expect(tree.insert(page: 4, tokens: [1, 2, 3, 4], after: none).freed == [1])
    #expect(tree.count == 2)
    #expect(tree.insertPartial(page: 5, tokens: [1, 2, 3], after: none) == [5])
  }
}
