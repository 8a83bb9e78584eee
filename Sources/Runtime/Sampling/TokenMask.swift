/// Room for one row of logits with only the tokens that a constraint allows.
struct TokenMask {
  private let masked: LogitRow
  private var words: [UInt64]

  /// - Parameter room: (vocabulary) overwritten each time.
  init(room: LogitRow) {
    masked = room
    words = [UInt64](repeating: 0, count: (room.values.count + 63) / 64)
  }

  /// A copy of a row in which what may not come next is minus infinity; nil when everything may.
  ///
  /// Tokens in `banned` stay out as well, unless nothing else is left: a text that is complete
  /// ends, even where its request wants it longer.
  mutating func apply(
    _ constraint: any TokenConstraint, banned: Set<Int32>, to row: LogitRow
  ) -> LogitRow? {
    let isLimited = words.withUnsafeMutableBufferPointer { words in
      words.update(repeating: 0)
      return constraint.fillMask(words)
    }
    guard isLimited else { return nil }
    dropUnlessAll(banned)
    row.copy(to: masked, where: words)
    return masked
  }

  private mutating func dropUnlessAll(_ banned: Set<Int32>) {
    let inside = banned.filter { $0 >= 0 && Int($0) < masked.values.count }
    guard !inside.isEmpty else { return }
    var left = words
    for token in inside { left[Int(token) / 64] &= ~(1 << UInt64(token % 64)) }
    if left.contains(where: { $0 != 0 }) { words = left }
  }
}

extension LogitRow {
  /// Copies the entries whose bit is set; the others become minus infinity.
  func copy(to other: LogitRow, where words: [UInt64]) {
    precondition(other.values.count == values.count && words.count * 64 >= values.count)
    for (index, word) in words.enumerated() {
      let range = index * 64..<min(index * 64 + 64, values.count)
      let target = UnsafeMutableBufferPointer(rebasing: other.values[range])
      if word == .max {
        _ = target.update(fromContentsOf: values[range])
        continue
      }
      target.update(repeating: -.infinity)
      var rest = word
      while rest != 0, rest.trailingZeroBitCount < range.count {
        let offset = rest.trailingZeroBitCount
        target[offset] = values[range.lowerBound + offset]
        rest &= rest - 1
      }
    }
  }
}
