/// The decoders of models that cut text into words and parts of words.

/// `WordPiece`: parts of words join the token before, and other tokens get a space in front.
struct WordPieceDecoder: DecoderStep {
  private let prefix: [UInt8]
  private let cleansUp: Bool

  init(_ component: Component) throws {
    prefix = Array(try component.string("prefix").utf8)
    cleansUp = try component.bool("cleanup")
  }

  func makeState() -> any DecoderState { State(prefix: prefix, cleansUp: cleansUp) }

  func bytes(of token: [UInt8]) -> [UInt8] {
    token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [UInt8(ascii: " ")] + token
  }

  private struct State: DecoderState {
    let prefix: [UInt8]
    let cleansUp: Bool
    private var joiner = PieceJoiner()
    private var isFirst = true

    init(prefix: [UInt8], cleansUp: Bool) {
      self.prefix = prefix
      self.cleansUp = cleansUp
    }

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      joiner.take(pieces).forEachPart { token, _ in
        let continues = !isFirst && token.starts(with: prefix)
        let text = token.dropFirst(continues ? prefix.count : 0)
        let space: [UInt8] = isFirst || continues ? [] : [UInt8(ascii: " ")]
        isFirst = false
        if cleansUp, WordCleanup.mayChange(text, spaceBefore: !space.isEmpty) {
          output.append(WordCleanup.clean(space + text))
        } else {
          output.write(space)
          output.append(text)
        }
      }
    }
  }
}

/// Removes the spaces that cutting English text into words has put before punctuation.
enum WordCleanup {
  private static let replacements: [(pattern: LiteralPattern, content: [UInt8])] = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ].map { (LiteralPattern(literal: Array($0.0.utf8)), Array($0.1.utf8)) }

  /// Whether something is replaced in a text: a space stands before what a replacement begins with.
  static func mayChange(_ text: some Collection<UInt8>, spaceBefore: Bool) -> Bool {
    var spaceBefore = spaceBefore
    for byte in text {
      if spaceBefore, ".?!,'nd".utf8.contains(byte) { return true }
      spaceBefore = byte == UInt8(ascii: " ")
    }
    return false
  }

  static func clean(_ token: [UInt8]) -> [UInt8] {
    replacements.reduce(token) { $1.pattern.replacingMatches(in: $0, by: $1.content) }
  }
}

/// `BPEDecoder`: the suffix that ends a word becomes a space, and nothing in the last token.
struct SuffixDecoder: DecoderStep {
  private let suffix: [UInt8]

  init(_ component: Component) throws {
    suffix = Array(try component.string("suffix").utf8)
  }

  func makeState() -> any DecoderState { State(suffix: LiteralPattern(literal: suffix)) }

  func bytes(of token: [UInt8]) -> [UInt8] {
    LiteralPattern(literal: suffix).replacingMatches(in: token, by: [UInt8(ascii: " ")])
  }

  private struct State: DecoderState {
    let suffix: LiteralPattern
    private var joiner = PieceJoiner()
    /// The last token, until it is known whether another follows.
    private var last: [UInt8]?

    init(suffix: LiteralPattern) { self.suffix = suffix }

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      joiner.take(pieces).forEachPart { token, _ in
        write(followedBy: [UInt8(ascii: " ")], into: &output)
        last = Array(token)
      }
    }

    mutating func finish(into output: inout PieceList) {
      write(followedBy: [], into: &output)
      last = nil
    }

    private func write(followedBy space: [UInt8], into output: inout PieceList) {
      guard let last else { return }
      output.append(suffix.replacingMatches(in: last, by: space))
    }
  }
}

/// `CTC`: repeated tokens count once, padding vanishes, and delimiters become spaces.
struct CTCDecoder: DecoderStep {
  private let padding: LiteralPattern
  private let delimiter: LiteralPattern
  private let cleansUp: Bool

  init(_ component: Component) throws {
    padding = LiteralPattern(literal: Array(try component.string("pad_token").utf8))
    delimiter = LiteralPattern(literal: Array(try component.string("word_delimiter_token").utf8))
    cleansUp = try component.bool("cleanup")
  }

  func makeState() -> any DecoderState {
    State(padding: padding, delimiter: delimiter, cleansUp: cleansUp)
  }

  private struct State: DecoderState {
    let padding: LiteralPattern
    let delimiter: LiteralPattern
    let cleansUp: Bool
    private var joiner = PieceJoiner()
    private var last: [UInt8]?

    init(padding: LiteralPattern, delimiter: LiteralPattern, cleansUp: Bool) {
      self.padding = padding
      self.delimiter = delimiter
      self.cleansUp = cleansUp
    }

    mutating func take(_ pieces: PieceList, into output: inout PieceList) {
      joiner.take(pieces).forEachPart { token, _ in
        let token = Array(token)
        if token == last { return }
        last = token
        var text = padding.replacingMatches(in: token, by: [])
        if cleansUp {
          text = delimiter.replacingMatches(in: WordCleanup.clean(text), by: [UInt8(ascii: " ")])
        }
        if !text.isEmpty { output.append(text) }
      }
    }
  }
}
