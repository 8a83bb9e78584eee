#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The model's tokens: their texts as bytes, and both directions between text and id.
///
/// Texts are compared byte for byte. Swift's own string equality is canonical equivalence, under
/// which vocabularies that hold both "é" and "e\u{301}" would lose tokens.
struct Vocabulary: Sendable {
  /// All texts, one after another.
  let text: FlatTable<UInt8>
  /// Where entry i's text starts; one more at the end. (entries + 1)
  let starts: FlatTable<UInt32>
  /// The id of every entry. (entries)
  let ids: FlatTable<Int32>
  /// The entry that has an id, or -1. (largest id + 1)
  let entries: FlatTable<Int32>
  /// Open addressing by hash: its upper half, and entry + 1 below; 0 where nothing is.
  let slots: FlatTable<UInt64>

  /// How many different texts there are.
  var count: Int { ids.count }
  /// One more than the largest id.
  var idLimit: Int { entries.count }

  func id(of token: UnsafeBufferPointer<UInt8>) -> Int32? {
    let mask = slots.count - 1
    let hash = tokenHash(token)
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let value = slots[slot]
      if value == 0 { return nil }
      if value >> 32 == hash >> 32 {
        let entry = Int(value & 0xFFFF_FFFF) - 1
        if isText(token, ofEntry: entry) { return ids[entry] }
      }
      slot = (slot + 1) & mask
    }
  }

  func id(of token: String) -> Int32? {
    var token = token
    return token.withUTF8 { id(of: $0) }
  }

  func id(of token: [UInt8]) -> Int32? { token.withUnsafeBufferPointer { id(of: $0) } }

  /// The text of the token with that id; nil where there is none.
  func bytes(of id: Int32) -> [UInt8]? {
    guard id >= 0, Int(id) < entries.count, entries[Int(id)] >= 0 else { return nil }
    return withBytes(ofEntry: Int(entries[Int(id)])) { [UInt8]($0) }
  }

  func withBytes<Result>(
    of id: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result? {
    guard id >= 0, Int(id) < entries.count, entries[Int(id)] >= 0 else { return nil }
    return try withBytes(ofEntry: Int(entries[Int(id)]), body)
  }

  func withBytes<Result>(
    ofEntry entry: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    let start = Int(starts[entry])
    let end = Int(starts[entry + 1])
    return try text.withElements { try body(UnsafeBufferPointer(rebasing: $0[start..<end])) }
  }

  @inline(__always)
  private func isText(_ token: UnsafeBufferPointer<UInt8>, ofEntry entry: Int) -> Bool {
    let start = Int(starts[entry])
    guard Int(starts[entry + 1]) - start == token.count else { return false }
    return text.withElements {
      isEqual(UnsafeBufferPointer(rebasing: $0[start..<start + token.count]), token)
    }
  }
}

/// Collects tokens as they are read, then freezes them into a `Vocabulary`.
struct VocabularyBuilder {
  private var text: [UInt8] = []
  private var starts: [UInt32] = [0]
  private var ids: [Int32] = []
  private var slots: [UInt64]

  /// Ids beyond this are refused: a table by id has to be made for them.
  static let idLimit = 1 << 24

  var count: Int { ids.count }

  /// A builder for about `expectedCount` tokens.
  init(expectedCount: Int) {
    var capacity = 1 << 10
    while capacity < expectedCount * 2, capacity < Self.idLimit { capacity *= 2 }
    slots = [UInt64](repeating: 0, count: capacity)
  }

  /// Adds a token; one that is there already takes the new id.
  mutating func add(_ token: UnsafeBufferPointer<UInt8>, id: Int32) {
    let hash = tokenHash(token)
    let slot = self.slot(of: token, hash: hash)
    if slots[slot] != 0 {
      ids[Int(slots[slot] & 0xFFFF_FFFF) - 1] = id
      return
    }
    text.append(contentsOf: token)
    starts.append(UInt32(text.count))
    ids.append(id)
    slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(ids.count)
    if ids.count * 2 > slots.count { grow() }
  }

  private func slot(of token: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 32 == hash >> 32 {
        let entry = Int(slots[slot] & 0xFFFF_FFFF) - 1
        let bounds = Int(starts[entry])..<Int(starts[entry + 1])
        let isSame = text.withUnsafeBufferPointer {
          isEqual(UnsafeBufferPointer(rebasing: $0[bounds]), token)
        }
        if isSame { break }
      }
      slot = (slot + 1) & mask
    }
    return slot
  }

  /// Makes more slots. The hashes are taken again from the texts: a slot keeps only half of one.
  private mutating func grow() {
    slots = [UInt64](repeating: 0, count: slots.count * 4)
    let mask = slots.count - 1
    text.withUnsafeBufferPointer { text in
      for entry in ids.indices {
        let token = UnsafeBufferPointer(
          rebasing: text[Int(starts[entry])..<Int(starts[entry + 1])])
        let hash = tokenHash(token)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(entry + 1)
      }
    }
  }

  func build() -> Vocabulary {
    let limit = ids.reduce(0) { max($0, Int($1) + 1) }
    let entries = FlatTable<Int32>(count: limit) { entries in
      entries.initialize(repeating: -1)
      for (entry, id) in ids.enumerated() { entries[Int(id)] = Int32(entry) }
    }
    return Vocabulary(
      text: FlatTable(text), starts: FlatTable(starts), ids: FlatTable(ids), entries: entries,
      slots: FlatTable(slots))
  }
}

/// Whether two texts have the same bytes. As fast as it gets: it runs for every merge of a file.
@inline(__always)
func isEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
  return memcmp(leftBase, rightBase, left.count) == 0
}
