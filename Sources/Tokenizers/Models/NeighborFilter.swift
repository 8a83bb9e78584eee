/// Which characters stand side by side in some token. Where two neighbours in a text don't, no
/// merge can ever join what they belong to, so that a long text falls into short pieces.
///
/// A filter by hash: it may take characters for neighbours that aren't, but never the reverse.
struct NeighborFilter: Sendable {
  /// One bit for each hash. (2 to the power of `sizeBits`)
  let bits: FlatTable<UInt64>
  private static let sizeBits: UInt64 = 21
  /// How many elements `bits` has.
  static let count = 1 << (sizeBits - 6)

  init(bits: FlatTable<UInt64>) { self.bits = bits }

  init(_ vocabulary: Vocabulary) {
    var bits = [UInt64](repeating: 0, count: Self.count)
    vocabulary.text.withElements { text in
      for entry in 0..<vocabulary.count {
        let end = Int(vocabulary.starts[entry + 1])
        var offset = Int(vocabulary.starts[entry])
        var left: UInt32?
        while offset < end {
          let (right, length) = text.scalar(at: offset)
          if let left {
            let bit = Self.bit(left, right)
            bits[Int(bit >> 6)] |= 1 << (bit & 63)
          }
          left = right
          offset += length
        }
      }
    }
    self.bits = FlatTable(bits)
  }

  /// Whether the characters may stand side by side in a token.
  @inline(__always)
  func mayJoin(_ left: UInt32, _ right: UInt32) -> Bool {
    let bit = Self.bit(left, right)
    return bits[Int(bit >> 6)] >> (bit & 63) & 1 != 0
  }

  @inline(__always)
  private static func bit(_ left: UInt32, _ right: UInt32) -> UInt64 {
    pairHash(UInt64(left) << 32 | UInt64(right)) >> (64 - sizeBits)
  }
}
