/// Numbers and strings inside tags.

extension Lexer {
  mutating func readNumber() throws {
    let afterDot = position > 0 && source[position - 1] == UInt8(ascii: ".")
    if !afterDot, let end = endOfFloat() {
      let digits = source[position..<end].filter { $0 != UInt8(ascii: "_") }
      guard let value = Double(String(decoding: digits, as: UTF8.self)) else {
        throw fail("invalid number")
      }
      add(.float(value))
      advance(to: end)
      return
    }
    let (end, digitStart, radix) = endOfInteger()
    let digits = source[digitStart..<end].filter { $0 != UInt8(ascii: "_") }
    guard let value = Int(String(decoding: digits, as: UTF8.self), radix: radix) else {
      throw fail("an integer is beyond 64 bits")
    }
    add(.integer(value))
    advance(to: end)
  }

  /// The end of digits in groups joined by underscores; nil where there are none.
  private func endOfDigits(from start: Int, _ isDigit: (UInt8) -> Bool = isDecimal) -> Int? {
    var index = start
    guard index < source.count, isDigit(source[index]) else { return nil }
    while index < source.count {
      if isDigit(source[index]) {
        index += 1
      } else if source[index] == UInt8(ascii: "_"), index + 1 < source.count,
        isDigit(source[index + 1])
      {
        index += 1
      } else {
        break
      }
    }
    return index
  }

  private func endOfFloat() -> Int? {
    guard let whole = endOfDigits(from: position) else { return nil }
    var end = whole
    if end < source.count, source[end] == UInt8(ascii: "."),
      let fraction = endOfDigits(from: end + 1)
    {
      end = fraction
    }
    if end < source.count, source[end] | 0x20 == UInt8(ascii: "e") {
      var exponent = end + 1
      if exponent < source.count,
        [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(source[exponent])
      {
        exponent += 1
      }
      if let exponentEnd = endOfDigits(from: exponent) { return exponentEnd }
    }
    return end > whole ? end : nil
  }

  private func endOfInteger() -> (end: Int, digits: Int, radix: Int) {
    if byte() == UInt8(ascii: "0"), let marker = byte(1) {
      let prefixes: [(UInt8, Int)] = [
        (UInt8(ascii: "b"), 2), (UInt8(ascii: "o"), 8), (UInt8(ascii: "x"), 16),
      ]
      for (letter, radix) in prefixes where marker | 0x20 == letter {
        let first = byte(2) == UInt8(ascii: "_") ? position + 3 : position + 2
        let end = endOfDigits(from: first) {
          Character(Unicode.Scalar($0)).hexDigitValue.map { $0 < radix } ?? false
        }
        if let end { return (end, first, radix) }
      }
    }
    if byte() == UInt8(ascii: "0") {
      let end = endOfDigits(from: position) { $0 == UInt8(ascii: "0") }
      return (end ?? position + 1, position, 10)
    }
    return (endOfDigits(from: position) ?? position + 1, position, 10)
  }

  mutating func readString(_ quote: UInt8) throws {
    var end = position + 1
    while end < source.count, source[end] != quote {
      end += source[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < source.count else {
      throw fail("unexpected char \(Value.string(String(Unicode.Scalar(quote))).representation)")
    }
    add(.string(Text(bytes: try unescaped(source[(position + 1)..<end]))))
    advance(to: end + 1)
  }

  /// Resolves the escapes of a Python string literal; unknown ones stay as they are.
  private func unescaped(_ body: ArraySlice<UInt8>) throws -> [UInt8] {
    guard body.contains(UInt8(ascii: "\\")) else { return Array(body) }
    var output: [UInt8] = []
    var index = body.startIndex
    while index < body.endIndex {
      guard body[index] == UInt8(ascii: "\\"), index + 1 < body.endIndex else {
        output.append(body[index])
        index += 1
        continue
      }
      index = try appendEscape(body[(index + 1)...], to: &output)
    }
    return output
  }

  /// Appends what stands after a backslash; the offset behind it.
  private func appendEscape(_ rest: ArraySlice<UInt8>, to output: inout [UInt8]) throws -> Int {
    let code = rest[rest.startIndex]
    let next = rest.startIndex + 1
    if let plain = simpleEscapes[code] {
      output.append(plain)
      return next
    }
    switch code {
    case UInt8(ascii: "\n"): return next
    case UInt8(ascii: "x"): return try appendScalar(rest, digits: 2, to: &output)
    case UInt8(ascii: "u"): return try appendScalar(rest, digits: 4, to: &output)
    case UInt8(ascii: "U"): return try appendScalar(rest, digits: 8, to: &output)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      let digits = rest.prefix(3).prefix { (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }
      let value = digits.reduce(UInt32(0)) { $0 * 8 + UInt32($1 - UInt8(ascii: "0")) }
      append(value, to: &output)
      return rest.startIndex + digits.count
    default:
      output += [UInt8(ascii: "\\"), code]
      return next
    }
  }

  private func appendScalar(
    _ rest: ArraySlice<UInt8>, digits: Int, to output: inout [UInt8]
  ) throws -> Int {
    func value(_ part: ArraySlice<UInt8>) -> UInt32? {
      guard part.count == digits, part.allSatisfy({ isHexadecimal($0) }) else { return nil }
      return UInt32(String(decoding: part, as: UTF8.self), radix: 16)
    }
    guard let first = value(rest.dropFirst().prefix(digits)) else {
      throw fail("truncated \\\(Character(Unicode.Scalar(rest[rest.startIndex]))) escape")
    }
    let end = rest.startIndex + 1 + digits
    let pair = rest[end...]
    if digits == 4, (0xD800..<0xDC00).contains(first), pair.starts(with: "\\u".utf8),
      let second = value(pair.dropFirst(2).prefix(4)), (0xDC00..<0xE000).contains(second)
    {
      append(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), to: &output)
      return end + 6
    }
    append(first, to: &output)
    return end
  }

  private func append(_ value: UInt32, to output: inout [UInt8]) {
    output += String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8
  }
}

private let simpleEscapes: [UInt8: UInt8] = [
  UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "'"): UInt8(ascii: "'"),
  UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08,
  UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
  UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B,
]

private func isDecimal(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

private func isHexadecimal(_ byte: UInt8) -> Bool {
  isDecimal(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
