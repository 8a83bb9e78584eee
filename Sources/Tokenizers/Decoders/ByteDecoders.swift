/// The decoders that put characters together from bytes.

/// `ByteLevel`: reads every token in the byte alphabet, and all their bytes as one text.
struct ByteLevelDecoder: DecoderStep {
  func makeState() -> any DecoderState { State() }

  func bytes(of token: [UInt8]) -> [UInt8] {
    token.withUnsafeBufferPointer(ByteAlphabet.bytes) ?? token
  }

  private struct State: DecoderState {
    private var joiner = PieceJoiner()
    private var characters = CharacterAssembler()

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      joiner.take(pieces).forEachPart { token, _ in
        if !ByteAlphabet.append(bytesOf: token, to: &characters.pending) {
          characters.pending.append(contentsOf: token)
        }
      }
      characters.writeWhole(into: &output)
    }

    mutating func finish(into output: inout PieceList) { characters.finish(into: &output) }
  }
}

/// Hands on whole characters only, and U+FFFD for each part that can't become one.
struct CharacterAssembler: Sendable {
  /// What has come and wasn't handed on.
  var pending: [UInt8] = []

  /// Writes all but the beginning of a character.
  mutating func writeWhole(into output: inout PieceList) {
    let end = pending.count - Self.unfinishedLength(pending)
    if end == 0 { return }
    Self.write(pending[..<end], into: &output)
    output.endPart(endsPiece: false)
    pending.removeSubrange(..<end)
  }

  mutating func finish(into output: inout PieceList) {
    Self.write(pending[...], into: &output)
    output.endPart()
    pending = []
  }

  private static func write(_ bytes: ArraySlice<UInt8>, into output: inout PieceList) {
    if bytes.allSatisfy({ $0 < 0x80 }) {
      output.write(bytes)
    } else {
      var text = String(decoding: bytes, as: UTF8.self)
      text.withUTF8 { output.write($0) }
    }
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
  @inline(__always)
  private static func byte(_ token: some RandomAccessCollection<UInt8>) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token.last == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: token.dropFirst(3).prefix(2), as: UTF8.self), radix: 16)
  }

  private struct State: DecoderState {
    private var joiner = PieceJoiner()
    private var run: [UInt8] = []

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      joiner.take(pieces).forEachPart { token, _ in
        if let byte = ByteFallbackDecoder.byte(token) {
          run.append(byte)
        } else {
          finish(into: &output)
          output.append(token)
        }
      }
    }

    mutating func finish(into output: inout PieceList) {
      if run.isEmpty { return }
      if String(validating: run, as: UTF8.self) != nil {
        output.append(run)
      } else {
        for _ in run { output.append([0xEF, 0xBF, 0xBD]) }
      }
      run.removeAll(keepingCapacity: true)
    }
  }
}
