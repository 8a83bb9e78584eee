/// The texts of tokens as a trie in preorder: children stand behind their parent, and a whole
/// subtree is skipped by going on at its end.
struct TokenTrie: Sendable {
  /// The byte that leads to each node; the root has none. (nodes)
  let bytes: [UInt8]
  /// Bytes from the root. (nodes)
  let depths: [UInt16]
  /// The node behind each node's subtree. (nodes)
  let ends: [Int32]
  /// Where each node's tokens begin in `ids`; one more at the end. (nodes + 1)
  let tokenStarts: [Int32]
  /// Tokens in the order of the nodes that end them.
  let ids: [Int32]
  /// The number in `sets` of the bytes below a node, -1 for small subtrees. (nodes)
  let setOf: [Int32]
  let sets: [ByteSet]

  var count: Int { bytes.count }

  /// About how much memory it takes.
  var bytesOfMemory: Int { count * 15 + ids.count * 4 + sets.count * MemoryLayout<ByteSet>.stride }

  /// Subtrees with fewer nodes than this are walked rather than described.
  private static let describedSize = 12

  init(_ tokens: [(bytes: [UInt8], id: Int32)]) {
    let sorted = tokens.sorted { left, right in
      left.bytes == right.bytes
        ? left.id < right.id : left.bytes.lexicographicallyPrecedes(right.bytes)
    }
    var bytes: [UInt8] = [0]
    var depths: [UInt16] = [0]
    var ends: [Int32] = [0]
    var tokenStarts: [Int32] = [0]
    var ids: [Int32] = []
    var path: [Int] = [0]
    var previous: [UInt8] = []
    for token in sorted {
      var shared = 0
      while shared < previous.count, shared < token.bytes.count,
        previous[shared] == token.bytes[shared]
      {
        shared += 1
      }
      while path.count > shared + 1 { ends[path.removeLast()] = Int32(bytes.count) }
      for byte in token.bytes[shared...] {
        path.append(bytes.count)
        bytes.append(byte)
        depths.append(UInt16(path.count - 1))
        ends.append(0)
        tokenStarts.append(Int32(ids.count))
      }
      ids.append(token.id)
      previous = token.bytes
    }
    while let node = path.popLast() { ends[node] = Int32(bytes.count) }
    tokenStarts.append(Int32(ids.count))
    (self.bytes, self.depths, self.ends) = (bytes, depths, ends)
    (self.tokenStarts, self.ids) = (tokenStarts, ids)
    (setOf, sets) = Self.describe(bytes, ends)
  }

  /// The bytes below each large node.
  private static func describe(_ bytes: [UInt8], _ ends: [Int32]) -> ([Int32], [ByteSet]) {
    var setOf = [Int32](repeating: -1, count: bytes.count)
    var sets: [ByteSet] = []
    for node in bytes.indices.reversed() where Int(ends[node]) - node > describedSize {
      var set = ByteSet()
      var child = node + 1
      while child < Int(ends[node]) {
        set.insert(bytes[child])
        if setOf[child] >= 0 {
          set.formUnion(sets[Int(setOf[child])])
          child = Int(ends[child])
        } else {
          child += 1
        }
      }
      setOf[node] = Int32(sets.count)
      sets.append(set)
    }
    return (setOf, sets)
  }

  func hasChildren(_ node: Int) -> Bool { Int(ends[node]) > node + 1 }

  /// The tokens that end at a node.
  func tokens(at node: Int) -> ArraySlice<Int32> {
    ids[Int(tokenStarts[node])..<Int(tokenStarts[node + 1])]
  }

  /// The tokens that end at or below a node.
  func tokens(below node: Int) -> ArraySlice<Int32> {
    ids[Int(tokenStarts[node])..<Int(tokenStarts[Int(ends[node])])]
  }
}

/// A set of tokens, a bit each.
struct TokenMask: Sendable, Equatable {
  var words: [UInt64]

  init(count: Int) { words = [UInt64](repeating: 0, count: (count + 63) / 64) }

  @inline(__always)
  mutating func insert(_ token: Int32) {
    words[Int(token) >> 6] |= 1 << UInt64(token & 63)
  }

  mutating func remove(_ token: Int32) {
    words[Int(token) >> 6] &= ~(1 << UInt64(token & 63))
  }

  mutating func insert(_ tokens: ArraySlice<Int32>) { for token in tokens { insert(token) } }

  func contains(_ token: Int32) -> Bool {
    let word = Int(token) >> 6
    return word < words.count && words[word] >> UInt64(token & 63) & 1 != 0
  }

  mutating func formUnion(_ other: TokenMask) {
    for index in words.indices where index < other.words.count {
      words[index] |= other.words[index]
    }
  }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
