/// Decodes ids one by one: the pieces joined, with the last one from `finish`, are the text.
///
/// Every piece is whole characters; an id that completes none gives an empty piece.
public struct StreamDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var states: [any DecoderState]

  init(_ tokenizer: Tokenizer, skipSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    skipsSpecialTokens = skipSpecialTokens
    states = tokenizer.decoders.map { $0.makeState() }
  }

  /// The text that is known with this id and wasn't before.
  public mutating func append(_ id: Int32) -> String {
    guard let token = tokenizer.decoderInput(id, skipSpecialTokens: skipsSpecialTokens) else {
      return ""
    }
    return text(of: run([DecoderChunk(bytes: token)], from: 0))
  }

  /// The whole text of ids. Blocks of tokens go through each step together, which spares most of
  /// the memory traffic that single ones cost.
  mutating func decode(_ ids: [Int32]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ids.count * 4)
    for start in stride(from: 0, to: ids.count, by: Self.blockSize) {
      var chunks: [DecoderChunk] = []
      chunks.reserveCapacity(Self.blockSize)
      for id in ids[start..<min(start + Self.blockSize, ids.count)] {
        guard let token = tokenizer.decoderInput(id, skipSpecialTokens: skipsSpecialTokens) else {
          continue
        }
        chunks.append(DecoderChunk(bytes: token))
      }
      for chunk in run(chunks, from: 0) { bytes += chunk.bytes }
    }
    return String(decoding: bytes, as: UTF8.self) + finish()
  }

  private static let blockSize = 512

  /// The rest of the text. The decoder is then ready for another one.
  public mutating func finish() -> String {
    var chunks: [DecoderChunk] = []
    for index in states.indices {
      var output = pass(chunks, through: index)
      states[index].finish(into: &output)
      chunks = output
    }
    states = tokenizer.decoders.map { $0.makeState() }
    return text(of: chunks)
  }

  private mutating func run(_ chunks: [DecoderChunk], from first: Int) -> [DecoderChunk] {
    var chunks = chunks
    for index in first..<states.count where !chunks.isEmpty {
      chunks = pass(chunks, through: index)
    }
    return chunks
  }

  private mutating func pass(_ chunks: [DecoderChunk], through index: Int) -> [DecoderChunk] {
    var output: [DecoderChunk] = []
    output.reserveCapacity(chunks.count)
    states[index].take(chunks, into: &output)
    return output
  }

  private func text(of chunks: [DecoderChunk]) -> String {
    chunks.count == 1
      ? String(decoding: chunks[0].bytes, as: UTF8.self)
      : String(decoding: chunks.flatMap(\.bytes), as: UTF8.self)
  }
}
