/// The decoders that rewrite tokens one by one, or join them.

/// `Fuse`: all tokens become one.
struct FuseDecoder: DecoderStep {
  func makeState() -> any DecoderState { State() }

  private struct State: DecoderState {
    mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk]) {
      if !chunk.bytes.isEmpty { output.append(DecoderChunk(bytes: chunk.bytes, endsPiece: false)) }
    }

    mutating func finish(into output: inout [DecoderChunk]) {
      output.append(DecoderChunk(bytes: []))
    }
  }
}

/// What stands in for a decoder where there is none: a space between tokens.
struct SpaceDecoder: DecoderStep {
  func makeState() -> any DecoderState { State() }

  private struct State: DecoderState {
    private var isFirst = true

    mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk]) {
      if !isFirst { output.append(DecoderChunk(bytes: [UInt8(ascii: " ")], endsPiece: false)) }
      output.append(chunk)
      isFirst = false
    }
  }
}

/// `Metaspace`: the visible character becomes a space again, and nothing in the first token.
struct MetaspaceDecoder: DecoderStep {
  private let replacement: [UInt8]
  private let scheme: MetaspacePrepend

  init(_ component: Component) throws {
    replacement = Array(String(try component.character("replacement")).utf8)
    scheme = try MetaspacePrepend.read(component)
  }

  func makeState() -> any DecoderState {
    State(replacement: LiteralPattern(literal: replacement), dropsInFirst: scheme != .never)
  }

  func bytes(of token: [UInt8]) -> [UInt8] {
    LiteralPattern(literal: replacement).replacingMatches(in: token, by: [UInt8(ascii: " ")])
  }

  private struct State: DecoderState {
    let replacement: LiteralPattern
    let dropsInFirst: Bool
    private var isFirst = true

    init(replacement: LiteralPattern, dropsInFirst: Bool) {
      self.replacement = replacement
      self.dropsInFirst = dropsInFirst
    }

    mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk]) {
      let space: [UInt8] = isFirst && dropsInFirst ? [] : [UInt8(ascii: " ")]
      let bytes = replacement.replacingMatches(in: chunk.bytes, by: space)
      output.append(DecoderChunk(bytes: bytes, endsPiece: chunk.endsPiece))
      if chunk.endsPiece { isFirst = false }
    }
  }
}

/// `Replace`: a text takes the place of every match of a pattern within a token.
struct ReplaceDecoder: DecoderStep {
  private let pattern: any Pattern
  private let content: [UInt8]

  init(_ component: Component) throws {
    pattern = try PatternSetting(component, "pattern").pattern
    content = Array(try component.string("content").utf8)
  }

  func makeState() -> any DecoderState { State(pattern: pattern, content: content) }

  func bytes(of token: [UInt8]) -> [UInt8] { pattern.replacingMatches(in: token, by: content) }

  private struct State: DecoderState {
    let pattern: any Pattern
    let content: [UInt8]
    private var piece = PieceBuffer()

    init(pattern: any Pattern, content: [UInt8]) {
      self.pattern = pattern
      self.content = content
    }

    mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk]) {
      guard let token = piece.take(chunk) else { return }
      output.append(DecoderChunk(bytes: pattern.replacingMatches(in: token, by: content)))
    }
  }
}

extension Pattern {
  func replacingMatches(in text: [UInt8], by content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var position = 0
    text.withUnsafeBufferPointer { bytes in
      forEachMatch(in: bytes, words: bytes.isEmpty ? [] : [0..<bytes.count]) { match in
        result.append(contentsOf: bytes[position..<match.lowerBound])
        result += content
        position = match.upperBound
      } wordEnded: {
      }
      result.append(contentsOf: bytes[position...])
    }
    return result
  }
}

/// `Strip`: removes so many of one character at the ends of a token.
struct StripDecoder: DecoderStep {
  private let content: [UInt8]
  private let leadingCount: Int
  private let trailingCount: Int

  init(_ component: Component) throws {
    content = Array(String(try component.character("content")).utf8)
    leadingCount = try component.count("start")
    trailingCount = try component.count("stop")
  }

  func makeState() -> any DecoderState {
    State(content: content, start: leadingCount, stop: trailingCount)
  }

  private struct State: DecoderState {
    let content: [UInt8]
    let start: Int
    let stop: Int
    /// How many more may be removed at the beginning of this piece.
    private var leading: Int
    /// The end of the piece so far, which may have to be removed: this many characters.
    private var held = 0

    init(content: [UInt8], start: Int, stop: Int) {
      self.content = content
      self.start = start
      self.stop = stop
      leading = start
    }

    mutating func take(_ chunk: DecoderChunk, into output: inout [DecoderChunk]) {
      var bytes = chunk.bytes[...]
      while leading > 0, !bytes.isEmpty {
        if bytes.starts(with: content) {
          bytes = bytes.dropFirst(content.count)
          leading -= 1
        } else {
          leading = 0
        }
      }
      output.append(DecoderChunk(bytes: hold(bytes), endsPiece: chunk.endsPiece))
      if chunk.endsPiece { (leading, held) = (start, 0) }
    }

    /// What may be handed on: everything but the last `stop` of the character at the end.
    private mutating func hold(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
      var end = bytes
      var trailing = 0
      while trailing < stop, !end.isEmpty, end.suffix(content.count).elementsEqual(content) {
        end.removeLast(content.count)
        trailing += 1
      }
      // Where nothing else came, what was held stays at the end, as far as it may.
      let released = end.isEmpty ? max(0, held + trailing - stop) : held
      held += trailing - released
      return repeatElement(content, count: released).flatMap { $0 } + end
    }
  }
}
