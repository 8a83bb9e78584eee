/// Decodes ids one by one: the pieces joined, with the last one from `finish`, are the text.
///
/// Every piece is whole characters; an id that completes none gives an empty piece.
public struct StreamDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var states: [any DecoderState]
  /// What the next step takes, and what it has made of that; here so that memory is kept.
  private var pieces = PieceList()
  private var output = PieceList()

  init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    skipsSpecialTokens = skipSpecialTokens
    states = tokenizer.decoders.map { $0.makeState() }
  }

  /// The text that is known with this id and wasn't before.
  public mutating func append(_ id: Int32) -> String {
    pieces.removeAll()
    tokenizer.writeDecoderInput(id, skipSpecialTokens: skipsSpecialTokens, to: &pieces)
    for index in states.indices where !pieces.isEmpty { pass(through: index) }
    return String(decoding: pieces.bytes, as: UTF8.self)
  }

  /// The whole text of ids. Blocks of tokens go through each step together: they stay in the cache.
  mutating func decode(_ ids: [Int32]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ids.count * 4)
    for start in stride(from: 0, to: ids.count, by: Self.blockSize) {
      pieces.removeAll()
      for id in ids[start..<min(start + Self.blockSize, ids.count)] {
        tokenizer.writeDecoderInput(id, skipSpecialTokens: skipsSpecialTokens, to: &pieces)
      }
      for index in states.indices where !pieces.isEmpty { pass(through: index) }
      bytes += pieces.bytes
    }
    return String(decoding: bytes, as: UTF8.self) + finish()
  }

  private static let blockSize = 512

  /// The rest of the text. The decoder is then ready for another one.
  public mutating func finish() -> String {
    pieces.removeAll()
    for index in states.indices {
      output.removeAll()
      states[index].take(pieces, into: &output)
      states[index].finish(into: &output)
      swap(&pieces, &output)
    }
    states = tokenizer.decoders.map { $0.makeState() }
    return String(decoding: pieces.bytes, as: UTF8.self)
  }

  private mutating func pass(through index: Int) {
    output.removeAll()
    states[index].take(pieces, into: &output)
    swap(&pieces, &output)
  }
}
