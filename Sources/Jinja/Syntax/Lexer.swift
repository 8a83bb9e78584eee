/// Splits a template into tokens, with `trim_blocks` and `lstrip_blocks` as transformers sets them:
/// the first newline after a block is dropped, and so is the white space before one on its line.
struct Lexer {
  let source: [UInt8]
  var position = 0
  var line = 1
  var tokens: [Token] = []
  /// Brackets open inside the current tag.
  private var brackets: [Symbol] = []
  /// Whether what was consumed last ended a line.
  private var isAtLineStart = true

  /// The tokens of a template, ending with `.end`.
  static func tokens(of source: String) throws -> [Token] {
    var lexer = Lexer(source: normalized(source))
    try lexer.readTemplate()
    lexer.add(.end)
    return lexer.tokens
  }

  private init(source: [UInt8]) { self.source = source }

  /// All line ends as "\n", and a last one dropped.
  private static func normalized(_ source: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(source.utf8.count)
    var isAfterReturn = false
    for byte in source.utf8 {
      if byte == UInt8(ascii: "\n"), isAfterReturn {
        isAfterReturn = false
        continue
      }
      isAfterReturn = byte == UInt8(ascii: "\r")
      bytes.append(isAfterReturn ? UInt8(ascii: "\n") : byte)
    }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    return bytes
  }

  mutating func add(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

  func byte(_ offset: Int = 0) -> UInt8? {
    position + offset < source.count ? source[position + offset] : nil
  }

  func startsWith(_ text: StaticString, at offset: Int? = nil) -> Bool {
    let start = offset ?? position
    return start + text.utf8CodeUnitCount <= source.count
      && source[start..<start + text.utf8CodeUnitCount].elementsEqual(
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  func fail(_ message: String) -> TemplateError { Token.error(message, line: line) }

  /// Moves on, counting lines.
  mutating func advance(to end: Int) {
    for byte in source[position..<end] where byte == UInt8(ascii: "\n") { line += 1 }
    if end > position { isAtLineStart = source[end - 1] == UInt8(ascii: "\n") }
    position = end
  }

  /// The end of the white space that begins at an offset.
  func endOfSpace(from start: Int) -> Int {
    var end = start
    let text = Text.Scanner(source)
    while end < source.count {
      let (scalar, length) = text.scalar(at: end)
      guard scalar.isPythonSpace else { break }
      end += length
    }
    return end
  }
}

// MARK: - Text and tags

extension Lexer {
  private mutating func readTemplate() throws {
    while let start = nextTag(from: position) {
      if let end = endOfRawTag(at: start) {
        try readRaw(from: start, bodyStart: end)
        continue
      }
      let kind = source[start + 1]
      addData(until: start, isVariable: kind == UInt8(ascii: "{"))
      advance(to: start + 2)
      if let sign = byte(), sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        advance(to: position + 1)
      }
      switch kind {
      case UInt8(ascii: "#"): try skipComment()
      case UInt8(ascii: "{"): try readTag(isVariable: true)
      default: try readTag(isVariable: false)
      }
    }
    addData(Text(bytes: Array(source[position...])))
    advance(to: source.count)
  }

  /// Where the next `{{`, `{%` or `{#` begins.
  private func nextTag(from start: Int) -> Int? {
    var index = start
    while index + 1 < source.count {
      if source[index] == UInt8(ascii: "{") {
        switch source[index + 1] {
        case UInt8(ascii: "{"), UInt8(ascii: "%"), UInt8(ascii: "#"): return index
        default: break
        }
      }
      index += 1
    }
    return nil
  }

  private mutating func addData(_ text: Text) {
    if !text.isEmpty { add(.data(text)) }
  }

  /// The text before a tag, stripped as the tag's sign asks.
  private mutating func addData(until start: Int, isVariable: Bool) {
    let text = Text(bytes: Array(source[position..<start]))
    let sign = start + 2 < source.count ? source[start + 2] : 0
    if sign == UInt8(ascii: "-") {
      addData(text.stripped(.right))
    } else if sign != UInt8(ascii: "+"), !isVariable {
      addData(withoutIndentation(text))
    } else {
      addData(text)
    }
    advance(to: start)
  }

  /// The text without the white space that stands alone on its last line.
  private func withoutIndentation(_ text: Text) -> Text {
    let newline = text.bytes.lastIndex(of: UInt8(ascii: "\n"))
    guard newline != nil || isAtLineStart else { return text }
    let lineStart = newline.map { $0 + 1 } ?? 0
    let lastLine = text[lineStart..<text.bytes.count]
    return lastLine.stripped(.left).isEmpty ? text[0..<lineStart] : text
  }

  private mutating func skipComment() throws {
    guard let end = source[position...].firstRange(of: "#}")?.lowerBound else {
      throw fail("Missing end of comment tag")
    }
    let sign = end > position ? source[end - 1] : 0
    closeTag(at: end, sign: sign)
  }

  /// Moves behind a `%}` or `#}` at `end`, dropping white space as the sign before it asks.
  private mutating func closeTag(at end: Int, sign: UInt8) {
    if sign == UInt8(ascii: "-") {
      advance(to: endOfSpace(from: end + 2))
    } else if sign != UInt8(ascii: "+"), end + 2 < source.count,
      source[end + 2] == UInt8(ascii: "\n")
    {
      advance(to: end + 3)
    } else {
      advance(to: end + 2)
    }
  }

  // MARK: Raw blocks

  /// The end of a `{% raw %}` tag that begins at `start`; nil for other tags.
  private func endOfRawTag(at start: Int) -> Int? {
    guard let close = endOfWordTag("raw", at: start) else { return nil }
    let isTrimmed = source[close] == UInt8(ascii: "-")
    if source[close] == UInt8(ascii: "+") { return nil }
    return isTrimmed ? endOfSpace(from: close + 3) : close + 2
  }

  /// Where the closing sign or `%}` of a tag of that one word stands.
  private func endOfWordTag(_ word: StaticString, at start: Int) -> Int? {
    guard startsWith("{%", at: start) else { return nil }
    var index = start + 2
    if index < source.count, [UInt8(ascii: "-"), UInt8(ascii: "+")].contains(source[index]) {
      index += 1
    }
    index = endOfSpace(from: index)
    guard startsWith(word, at: index) else { return nil }
    index = endOfSpace(from: index + word.utf8CodeUnitCount)
    let isClosed =
      startsWith("%}", at: index) || startsWith("-%}", at: index) || startsWith("+%}", at: index)
    return isClosed ? index : nil
  }

  private mutating func readRaw(from start: Int, bodyStart: Int) throws {
    addData(until: start, isVariable: false)
    advance(to: bodyStart)
    var search = position
    while let tag = source[search...].firstRange(of: "{%")?.lowerBound {
      if let close = endOfWordTag("endraw", at: tag) {
        addData(until: tag, isVariable: false)
        let sign = source[close]
        closeTag(at: startsWith("%}", at: close) ? close : close + 1, sign: sign)
        return
      }
      search = tag + 2
    }
    throw fail("Missing end of raw directive")
  }
}

extension ArraySlice<UInt8> {
  fileprivate func firstRange(of text: StaticString) -> Range<Int>? {
    let first = text.utf8Start[0]
    let second = text.utf8Start[1]
    var index = startIndex
    while index + 1 < endIndex {
      if self[index] == first, self[index + 1] == second { return index..<index + 2 }
      index += 1
    }
    return nil
  }
}

// MARK: - Inside a tag

extension Lexer {
  private mutating func readTag(isVariable: Bool) throws {
    brackets = []
    add(isVariable ? .variableBegin : .blockBegin)
    while true {
      advance(to: endOfSpace(from: position))
      guard let byte = byte() else { return }
      if brackets.isEmpty, try readEndOfTag(isVariable) { return }
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
      case UInt8(ascii: "'"), UInt8(ascii: "\""): try readString(byte)
      default:
        if try !readName() { try readSymbol() }
      }
    }
  }

  private mutating func readEndOfTag(_ isVariable: Bool) throws -> Bool {
    let sign = byte() ?? 0
    let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") && !isVariable
    let start = isSigned ? position + 1 : position
    guard isVariable ? startsWith("}}", at: start) : startsWith("%}", at: start) else {
      return false
    }
    add(isVariable ? .variableEnd : .blockEnd)
    if isVariable {
      advance(to: isSigned ? endOfSpace(from: start + 2) : start + 2)
    } else {
      closeTag(at: start, sign: isSigned ? sign : 0)
    }
    return true
  }

  private mutating func readSymbol() throws {
    guard let symbol = Symbol.byFirstByte[Int(source[position])].first(where: matches) else {
      let (scalar, _) = Text.Scanner(source).scalar(at: position)
      throw fail("unexpected char \(Value.string(String(scalar)).representation)")
    }
    if let closing = symbol.closing {
      brackets.append(closing)
    } else if symbol.isClosing {
      guard let expected = brackets.popLast() else {
        throw fail("unexpected '\(symbol.rawValue)'")
      }
      guard expected == symbol else {
        throw fail("unexpected '\(symbol.rawValue)', expected '\(expected.rawValue)'")
      }
    }
    add(.symbol(symbol))
    advance(to: position + symbol.rawValue.utf8.count)
  }

  private func matches(_ symbol: Symbol) -> Bool {
    source[position...].starts(with: symbol.rawValue.utf8)
  }

  private mutating func readName() throws -> Bool {
    let text = Text.Scanner(source)
    var end = position
    while end < source.count {
      let (scalar, length) = text.scalar(at: end)
      guard scalar.isIdentifierPart || scalar == "_" else { break }
      end += length
    }
    guard end > position else { return false }
    let name = String(decoding: source[position..<end], as: UTF8.self)
    guard let first = name.unicodeScalars.first, first.isIdentifierStart else {
      throw fail("Invalid character in identifier")
    }
    add(.name(name))
    advance(to: end)
    return true
  }
}
