/// Finds every token that a text starts with.
///
/// Nodes are numbered level by level, so the children of a node are neighbours and end where those
/// of the next node begin.
struct PrefixTrie: Sendable {
  /// The byte that leads to a node. (nodes)
  let labels: FlatTable<UInt8>
  /// A node's first child; one more at the end. (nodes + 1)
  let children: FlatTable<UInt32>
  /// The value of the text that ends at a node, or -1. (nodes)
  let values: FlatTable<Int32>

  /// A node: where a text has led so far.
  struct Node { fileprivate let index: Int }

  var root: Node { Node(index: 0) }

  /// Where `byte` leads from `node`.
  @inline(__always)
  func child(of node: Node, _ byte: UInt8) -> Node? {
    var low = Int(children[node.index])
    var high = Int(children[node.index + 1])
    while low < high {
      let middle = (low + high) / 2
      let label = labels[middle]
      if label == byte { return Node(index: middle) }
      if label < byte { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// The value of the text that led to `node`.
  @inline(__always)
  func value(_ node: Node) -> Int32? {
    let value = values[node.index]
    return value < 0 ? nil : value
  }

  /// Where `text` leads from the root.
  func node(_ text: some Sequence<UInt8>) -> Node? {
    var node = root
    for byte in text {
      guard let next = child(of: node, byte) else { return nil }
      node = next
    }
    return node
  }
}

extension PrefixTrie {
  /// A trie of a vocabulary's texts, with their ids as values.
  init(_ vocabulary: Vocabulary) {
    self = vocabulary.text.withElements { text in
      PrefixTrie(
        count: vocabulary.count,
        text: { entry in
          let bounds = Int(vocabulary.starts[entry])..<Int(vocabulary.starts[entry + 1])
          return UnsafeBufferPointer(rebasing: text[bounds])
        }, value: { vocabulary.ids[$0] })
    }
  }

  /// A trie of `count` texts. Of equal texts, the value of the last counts.
  init(
    count: Int, text: (Int) -> UnsafeBufferPointer<UInt8>, value: (Int) -> Int32
  ) {
    var labels: [UInt8] = [0]
    var children: [UInt32] = []
    var values: [Int32] = []
    // The texts below each node of this level, and of the next.
    var level: [ArraySlice<Int32>] = [(0..<Int32(count)).map { $0 }[...]]
    var depth = 0
    var nodes = 1
    while !level.isEmpty {
      var next: [ArraySlice<Int32>] = []
      for texts in level {
        children.append(UInt32(nodes))
        values.append(texts.last { text(Int($0)).count == depth }.map { value(Int($0)) } ?? -1)
        for (label, group) in Self.group(texts, byByteAt: depth, text) {
          labels.append(label)
          next.append(group)
          nodes += 1
        }
      }
      level = next
      depth += 1
    }
    children.append(UInt32(nodes))
    self.init(
      labels: FlatTable(labels), children: FlatTable(children), values: FlatTable(values))
  }

  /// The texts that are longer than `depth`, by their byte there, in ascending order of it.
  private static func group(
    _ texts: ArraySlice<Int32>, byByteAt depth: Int, _ text: (Int) -> UnsafeBufferPointer<UInt8>
  ) -> [(label: UInt8, texts: ArraySlice<Int32>)] {
    let longer = texts.filter { text(Int($0)).count > depth }
    if longer.count == 1 { return [(text(Int(longer[0]))[depth], longer[...])] }
    let sorted = longer.sorted { text(Int($0))[depth] < text(Int($1))[depth] }
    var groups: [(label: UInt8, texts: ArraySlice<Int32>)] = []
    var start = 0
    while start < sorted.count {
      let label = text(Int(sorted[start]))[depth]
      let end = sorted[start...].firstIndex { text(Int($0))[depth] != label } ?? sorted.count
      groups.append((label, sorted[start..<end]))
      start = end
    }
    return groups
  }
}
