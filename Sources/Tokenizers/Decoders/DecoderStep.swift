/// A step from token texts back to text: the `decoder` of tokenizer.json.
///
/// The reference maps a list of texts to another list. Here the list comes in parts, so that
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
  /// Takes the next pieces, and appends what they become.
  mutating func take(_ pieces: PieceList, into output: inout PieceList)
  /// Takes the end of the text.
  mutating func finish(into output: inout PieceList)
}

extension DecoderState {
  mutating func finish(into output: inout PieceList) {}
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
