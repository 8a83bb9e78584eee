/// The decoders that rewrite tokens one by one, or join them.

/// `Fuse`: all tokens become one.
struct FuseDecoder: DecoderStep {
  func makeState() -> any DecoderState { State() }

  private struct State: DecoderState {
    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      if !pieces.bytes.isEmpty { output.append(pieces.bytes, endsPiece: false) }
    }

    mutating func finish(into output: inout PieceList) { output.endPart() }
  }
}

/// What stands in for a decoder where there is none: a space between tokens.
struct SpaceDecoder: DecoderStep {
  func makeState() -> any DecoderState { State() }

  private struct State: DecoderState {
    private var isFirst = true

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      pieces.forEachPart { token, endsPiece in
        if !isFirst { output.write(UInt8(ascii: " ")) }
        output.append(token, endsPiece: endsPiece)
        isFirst = false
      }
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

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      pieces.forEachPart { token, endsPiece in
        replacement.forEachSplit(of: token) { text, isMatch in
          if !isMatch {
            output.write(text)
          } else if !(isFirst && dropsInFirst) {
            output.write(UInt8(ascii: " "))
          }
        }
        output.endPart(endsPiece: endsPiece)
        if endsPiece { isFirst = false }
      }
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
    private var joiner = PieceJoiner()

    init(pattern: any Pattern, content: [UInt8]) {
      self.pattern = pattern
      self.content = content
    }

    /// One search for all pieces.
    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      let pieces = joiner.take(pieces)
      let ranges = pieces.ranges
      var (index, position) = (0, 0)
      pieces.bytes.withUnsafeBufferPointer { bytes in
        pattern.forEachMatch(in: bytes, words: ranges) { match in
          output.write(bytes[position..<match.lowerBound])
          output.write(content)
          position = match.upperBound
        } wordEnded: {
          output.append(bytes[position..<ranges[index].upperBound])
          position = ranges[index].upperBound
          index += 1
        }
      }
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

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      pieces.forEachPart { text, endsPiece in
        var text = text[...]
        while leading > 0, !text.isEmpty {
          if text.starts(with: content) {
            text = text.dropFirst(content.count)
            leading -= 1
          } else {
            leading = 0
          }
        }
        writeUnheld(text, into: &output)
        output.endPart(endsPiece: endsPiece)
        if endsPiece { (leading, held) = (start, 0) }
      }
    }

    /// Writes what may be handed on: all but the last `stop` of the character at the end.
    private mutating func writeUnheld(
      _ text: Slice<UnsafeBufferPointer<UInt8>>, into output: inout PieceList
    ) {
      var end = text
      var trailing = 0
      while trailing < stop, !end.isEmpty, end.suffix(content.count).elementsEqual(content) {
        end.removeLast(content.count)
        trailing += 1
      }
      // Where nothing else came, what was held stays at the end, as far as it may.
      let released = end.isEmpty ? max(0, held + trailing - stop) : held
      held += trailing - released
      for _ in 0..<released { output.write(content) }
      output.write(end)
    }
  }
}
