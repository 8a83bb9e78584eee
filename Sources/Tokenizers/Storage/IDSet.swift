/// A set of token ids, one bit for each.
struct IDSet: Sendable {
  /// (limit rounded up to 64 ids)
  private var words: [UInt64]

  /// All ids below a limit but the excluded ones.
  init(below limit: Int, without excluded: [Int32]) {
    words = [UInt64](repeating: .max, count: (limit + 63) / 64)
    for id in excluded where id >= 0 && Int(id) / 64 < words.count {
      words[Int(id) / 64] &= ~(1 << UInt64(id % 64))
    }
  }

  @inline(__always)
  func contains(_ id: Int32) -> Bool {
    let word = Int(id) >> 6
    return id >= 0 && word < words.count && words[word] >> UInt64(id & 63) & 1 == 1
  }
}
