/// The decoders that put characters together from bytes.

/// `ByteLevel`: reads every token in the byte alphabet, and all their bytes as one text.
struct ByteLevelDecoder: DecoderStep {
  func makeState() -> any DecoderState { State() }

  func bytes(of token: [UInt8]) -> [UInt8] {
    token.withUnsafeBufferPointer(ByteAlphabet.bytes) ?? token
  }

  private struct State: DecoderState {
    private var piece = PieceBuffer()
    private var characters = CharacterAssembler()

    mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk]) {
      guard let token = piece.take(chunk) else { return }
      let bytes = token.withUnsafeBufferPointer(ByteAlphabet.bytes) ?? token
      let text = characters.take(bytes)
      if !text.isEmpty { output.append(DecoderChunk(bytes: text, endsPiece: false)) }
    }

    mutating func finish(into output: inout [DecoderChunk]) {
      output.append(DecoderChunk(bytes: characters.finish()))
    }
  }
}

/// Hands on whole characters only, and U+FFFD for each part that can't become one.
struct CharacterAssembler: Sendable {
  /// The beginning of a character.
  private var pending: [UInt8] = []

  mutating func take(_ bytes: [UInt8]) -> [UInt8] {
    let all = pending.isEmpty ? bytes : pending + bytes
    let end = all.count - Self.unfinishedLength(all)
    pending = Array(all[end...])
    return Self.repaired(end == all.count ? all : Array(all[..<end]))
  }

  mutating func finish() -> [UInt8] {
    defer { pending = [] }
    return Self.repaired(pending)
  }

  private static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.allSatisfy({ $0 < 0x80 }) { return bytes }
    return Array(String(decoding: bytes, as: UTF8.self).utf8)
  }

  /// How many bytes at the end are the beginning of a character that further bytes may complete.
  private static func unfinishedLength(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let first = bytes[bytes.count - length]
      if first & 0xC0 == 0x80 { continue }
      guard first >= 0xC2, first <= 0xF4, utf8Length(startingWith: first) > length else { return 0 }
      return length == 1 || isPossible(first, second: bytes[bytes.count - length + 1]) ? length : 0
    }
    return 0
  }

  /// Whether a character may start with these two bytes (no overlong form, surrogate, or value
  /// beyond Unicode).
  private static func isPossible(_ first: UInt8, second: UInt8) -> Bool {
    switch first {
    case 0xE0: second >= 0xA0
    case 0xED: second < 0xA0
    case 0xF0: second >= 0x90
    case 0xF4: second < 0x90
    default: true
    }
  }
}

/// `ByteFallback`: tokens such as `<0xE2>` are bytes. A run of them is text if all of it is valid
/// UTF-8, and otherwise one U+FFFD for every byte, so nothing of it is known before it ends.
struct ByteFallbackDecoder: DecoderStep {
  func makeState() -> any DecoderState { State() }

  func bytes(of token: [UInt8]) -> [UInt8] { Self.byte(token).map { [$0] } ?? token }

  /// The byte that a token such as `<0xE2>` stands for.
  private static func byte(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }

  private struct State: DecoderState {
    private var piece = PieceBuffer()
    private var run: [UInt8] = []

    mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk]) {
      guard let token = piece.take(chunk) else { return }
      if let byte = ByteFallbackDecoder.byte(token) {
        run.append(byte)
      } else {
        finish(into: &output)
        output.append(DecoderChunk(bytes: token))
      }
    }

    mutating func finish(into output: inout [DecoderChunk]) {
      if run.isEmpty { return }
      if String(validating: run, as: UTF8.self) != nil {
        output.append(DecoderChunk(bytes: run))
      } else {
        for _ in run { output.append(DecoderChunk(bytes: [0xEF, 0xBF, 0xBD])) }
      }
      run = []
    }
  }
}
