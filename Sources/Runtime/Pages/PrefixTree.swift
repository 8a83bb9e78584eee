/// Which page holds the keys and values of which tokens, so that equal beginnings share pages.
///
/// A node is one page: the tokens at its positions, after those of its parent. Full pages are
/// shared as they are and never written again. A leaf with fewer tokens than a page has is kept to
/// be copied. Nodes that no sequence refers to wait in a list, least recently used first; a node's
/// children always stand before it there, so the head is always a leaf and can go.
struct PrefixTree {
  typealias NodeID = Int

  /// The end of a list, and the parent of first pages.
  static let none: NodeID = -1

  private struct Node {
    var page: Int32
    var parent: NodeID
    var tokens: [Int32]
    var children: [[Int32]: NodeID] = [:]
    var partialChildren: [NodeID] = []
    /// Running sequences whose path goes through here.
    var references = 0
    /// Neighbours in the list of unreferenced nodes.
    var older = PrefixTree.none
    var newer = PrefixTree.none
  }

  let pagePositions: Int
  /// Pages that the tree holds.
  private(set) var count = 0
  /// Pages that only the tree holds; each can be evicted.
  private(set) var unreferencedCount = 0
  private var nodes: [Node] = []
  private var freeSlots: [NodeID] = []
  private var firstPages: [[Int32]: NodeID] = [:]
  private var partialFirstPages: [NodeID] = []
  private var oldest = PrefixTree.none
  private var newest = PrefixTree.none

  init(pagePositions: Int) {
    self.pagePositions = pagePositions
  }

  func page(of node: NodeID) -> Int32 { nodes[node].page }

  func isReferenced(_ node: NodeID) -> Bool { nodes[node].references > 0 }

  // MARK: Look-up

  /// The full page that holds exactly `tokens` after `parent`.
  func child(of parent: NodeID, tokens: ArraySlice<Int32>) -> NodeID? {
    guard tokens.count == pagePositions else { return nil }
    let children = parent == Self.none ? firstPages : nodes[parent].children
    return children.isEmpty ? nil : children[Array(tokens)]
  }

  /// The pages of the longest known beginning of `tokens`, in full pages.
  func longestPath(_ tokens: ArraySlice<Int32>) -> [NodeID] {
    var path: [NodeID] = []
    var rest = tokens
    while let next = child(of: path.last ?? Self.none, tokens: rest.prefix(pagePositions)) {
      path.append(next)
      rest = rest.dropFirst(pagePositions)
    }
    return path
  }

  /// The page after `parent` that shares the most leading tokens with `tokens`.
  func longestOverlap(after parent: NodeID, _ tokens: ArraySlice<Int32>)
    -> (node: NodeID, positions: Int)?
  {
    var best: (node: NodeID, positions: Int)?
    for node in pages(after: parent) {
      let positions = commonPrefixLength(nodes[node].tokens[...], tokens)
      if positions > best?.positions ?? 0 { best = (node, positions) }
    }
    return best
  }

  /// How many leading tokens are known after `parent` before all that is known there goes on in
  /// another way; nil where something ends with them or nothing is known.
  func divergence(after parent: NodeID, _ tokens: ArraySlice<Int32>) -> Int? {
    var longest = -1
    var isOpen = false
    for node in pages(after: parent) {
      let positions = commonPrefixLength(nodes[node].tokens[...], tokens)
      let ends = positions == min(nodes[node].tokens.count, tokens.count)
      if positions > longest { (longest, isOpen) = (positions, ends) }
      if positions == longest { isOpen = isOpen || ends }
    }
    return isOpen || longest < 0 ? nil : longest
  }

  private func pages(after parent: NodeID) -> [NodeID] {
    parent == Self.none
      ? firstPages.values + partialFirstPages
      : nodes[parent].children.values + nodes[parent].partialChildren
  }

  // MARK: References

  mutating func retain(_ node: NodeID) {
    if nodes[node].references == 0 { unlink(node) }
    nodes[node].references += 1
  }

  /// Gives back a sequence's path; its pages stay until their space is needed.
  mutating func release(_ path: [NodeID]) {
    for node in path.reversed() {
      nodes[node].references -= 1
      if nodes[node].references == 0 { link(node) }
    }
  }

  /// Makes an unreferenced page the last to go. Its parents must be referenced or touched after it.
  mutating func touch(_ node: NodeID) {
    guard nodes[node].references == 0 else { return }
    unlink(node)
    link(node)
  }

  // MARK: Change

  /// What became of a page that was offered to the tree.
  struct Insertion {
    /// The node that holds these tokens now, with a reference for the caller.
    var node: NodeID
    /// Pages that nobody holds any more: the offered one if its tokens were known, and partial
    /// ones that the new page makes superfluous.
    var freed: [Int32]
  }

  /// Takes a full page. If its tokens are known already, the known page is the one to use.
  mutating func insert(page: Int32, tokens: ArraySlice<Int32>, after parent: NodeID) -> Insertion {
    assert(tokens.count == pagePositions)
    if let known = child(of: parent, tokens: tokens) {
      retain(known)
      return Insertion(node: known, freed: [page])
    }
    let freed = removePartials(coveredBy: tokens, after: parent)
    let node = makeNode(page: page, tokens: Array(tokens), after: parent)
    if parent == Self.none {
      firstPages[nodes[node].tokens] = node
    } else {
      nodes[parent].children[nodes[node].tokens] = node
    }
    nodes[node].references = 1
    return Insertion(node: node, freed: freed)
  }

  /// Takes a page that is not full, to be copied by a later sequence; returns the pages that
  /// nobody holds any more. Call before the path to `parent` is released.
  mutating func insertPartial(page: Int32, tokens: ArraySlice<Int32>, after parent: NodeID)
    -> [Int32]
  {
    assert(!tokens.isEmpty && tokens.count < pagePositions)
    if let known = longestOverlap(after: parent, tokens), known.positions == tokens.count {
      touch(known.node)
      return [page]
    }
    let freed = removePartials(coveredBy: tokens, after: parent)
    let node = makeNode(page: page, tokens: Array(tokens), after: parent)
    if parent == Self.none {
      partialFirstPages.append(node)
    } else {
      nodes[parent].partialChildren.append(node)
    }
    link(node)
    return freed
  }

  /// Forgets the least recently used page that no sequence uses, and returns it.
  mutating func evict() -> Int32? {
    guard oldest != Self.none else { return nil }
    return remove(oldest)
  }

  private mutating func removePartials(coveredBy tokens: ArraySlice<Int32>, after parent: NodeID)
    -> [Int32]
  {
    let partial = parent == Self.none ? partialFirstPages : nodes[parent].partialChildren
    let covered = partial.filter { tokens.starts(with: nodes[$0].tokens) }
    return covered.map { remove($0) }
  }

  private mutating func makeNode(page: Int32, tokens: [Int32], after parent: NodeID) -> NodeID {
    count += 1
    let node = Node(page: page, parent: parent, tokens: tokens)
    guard let slot = freeSlots.popLast() else {
      nodes.append(node)
      return nodes.count - 1
    }
    nodes[slot] = node
    return slot
  }

  /// Takes an unreferenced leaf out of the tree and returns its page.
  private mutating func remove(_ node: NodeID) -> Int32 {
    assert(nodes[node].children.isEmpty && nodes[node].partialChildren.isEmpty)
    unlink(node)
    let parent = nodes[node].parent
    let tokens = nodes[node].tokens
    switch (tokens.count == pagePositions, parent == Self.none) {
    case (true, true): firstPages[tokens] = nil
    case (true, false): nodes[parent].children[tokens] = nil
    case (false, true): partialFirstPages.removeAll { $0 == node }
    case (false, false): nodes[parent].partialChildren.removeAll { $0 == node }
    }
    nodes[node].tokens = []
    freeSlots.append(node)
    count -= 1
    return nodes[node].page
  }

  // MARK: The list of unreferenced nodes

  private mutating func link(_ node: NodeID) {
    nodes[node].older = newest
    nodes[node].newer = Self.none
    if newest == Self.none { oldest = node } else { nodes[newest].newer = node }
    newest = node
    unreferencedCount += 1
  }

  private mutating func unlink(_ node: NodeID) {
    let (older, newer) = (nodes[node].older, nodes[node].newer)
    if older == Self.none { oldest = newer } else { nodes[older].newer = newer }
    if newer == Self.none { newest = older } else { nodes[newer].older = older }
    unreferencedCount -= 1
  }
}

/// How many leading tokens two runs share.
func commonPrefixLength(_ a: ArraySlice<Int32>, _ b: ArraySlice<Int32>) -> Int {
  var length = 0
  for (x, y) in zip(a, b) {
    if x != y { break }
    length += 1
  }
  return length
}
