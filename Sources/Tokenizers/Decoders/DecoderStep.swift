/// A step from token texts back to text: the `decoder` of tokenizer.json.
///
/// The reference maps a list of texts to another list. Here the texts come one by one, so that
/// decoding a stream and decoding all at once are the same code.
protocol DecoderStep: Sendable {
  /// The state at the beginning of a text.
  func makeState() -> any DecoderState
  /// What a token's text becomes in the middle of a text, as bytes.
  func bytes(of token: [UInt8]) -> [UInt8]
}

extension DecoderStep {
  func bytes(of token: [UInt8]) -> [UInt8] { token }
}

/// Where a decoder step is in a text.
protocol DecoderState: Sendable {
  /// Takes the next chunk, and appends what it becomes.
  mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk])
  /// Takes the end of the text.
  mutating func finish(into output: inout [DecoderChunk])
}

extension DecoderState {
  /// Takes the next chunks; one call of an existential for all of them.
  mutating func take(_ chunks: [DecoderChunk], into output: inout [DecoderChunk]) {
    for chunk in chunks { take(chunk, into: &output) }
  }

  mutating func finish(into output: inout [DecoderChunk]) {}
}

/// A token's text, or a part of one where an earlier step has joined tokens.
struct DecoderChunk: Sendable {
  /// Valid UTF-8.
  var bytes: [UInt8]
  /// Whether the reference's list has a new element after it.
  var endsPiece = true
}

/// Every decoder there is, by the type that tokenizer.json gives it.
enum DecoderKinds {
  static func read(_ component: Component) throws -> [any DecoderStep] {
    try component.make("decoder", from: kinds)
  }

  private static let kinds: [String: @Sendable (Component) throws -> [any DecoderStep]] = [
    "BPEDecoder": { [try SuffixDecoder($0)] },
    "ByteFallback": { _ in [ByteFallbackDecoder()] },
    "ByteLevel": { _ in [ByteLevelDecoder()] },
    "CTC": { [try CTCDecoder($0)] },
    "Fuse": { _ in [FuseDecoder()] },
    "Metaspace": { [try MetaspaceDecoder($0)] },
    "Replace": { [try ReplaceDecoder($0)] },
    "Sequence": { try $0.components("decoders").flatMap(read) },
    "Strip": { [try StripDecoder($0)] },
    "WordPiece": { [try WordPieceDecoder($0)] },
  ]
}

/// Collects chunks until a piece is whole, for steps that look at whole pieces.
struct PieceBuffer: Sendable {
  private var bytes: [UInt8] = []

  /// The piece that the chunk ends; nil while it isn't whole.
  mutating func take(_ chunk: DecoderChunk) -> [UInt8]? {
    if chunk.endsPiece, bytes.isEmpty { return chunk.bytes }
    bytes += chunk.bytes
    guard chunk.endsPiece else { return nil }
    defer { bytes = [] }
    return bytes
  }
}
