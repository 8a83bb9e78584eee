import JSON

/// Reads Python literals, and calls with literal arguments: `[f(a=1, b='x'), g()]`.
struct PythonLiteral {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  /// Whether a word that is no literal stands for itself, and any string may hold line breaks:
  /// LFM2's templates put strings into quotes as they are.
  private let isLenient: Bool

  private static let maximumDepth = 100

  private init(_ text: String, isLenient: Bool) {
    scalars = Array(text.unicodeScalars)
    self.isLenient = isLenient
  }

  /// The value of a whole text, as Python's `ast.literal_eval` reads it.
  static func value(of text: String) throws -> JSON {
    var reader = PythonLiteral(text, isLenient: false)
    let value = try reader.readTuple()
    guard reader.isAtEnd else { throw CallError("isn't a literal") }
    return value
  }

  /// The calls in a list of calls, or a single call without brackets.
  static func calls(in text: String) throws -> [ToolCall] {
    var reader = PythonLiteral(text, isLenient: true)
    guard reader.skip("[") else {
      let call = try reader.readCall()
      guard reader.isAtEnd else { throw CallError("has text behind the call") }
      return [call]
    }
    var calls: [ToolCall] = []
    while !reader.skip("]") {
      if !calls.isEmpty {
        guard reader.skip(",") else { throw CallError("has no comma between two calls") }
        if reader.skip("]") { break }
      }
      calls.append(try reader.readCall())
    }
    guard reader.isAtEnd else { throw CallError("has text behind the list") }
    return calls
  }
}

// MARK: - Characters

extension PythonLiteral {
  private var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == scalars.count
    }
  }

  private mutating func skipSpace() {
    while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
  }

  private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard current == scalar else { return false }
    position += 1
    return true
  }

  private mutating func readWord() -> String {
    skipSpace()
    var word = String.UnicodeScalarView()
    while let scalar = current, scalar == "_" || scalar.properties.isXIDContinue {
      word.append(scalar)
      position += 1
    }
    return String(word)
  }

  private mutating func nested<Result>(
    _ read: (inout PythonLiteral) throws -> Result
  ) throws -> Result {
    guard depth < Self.maximumDepth else { throw CallError("is nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    return try read(&self)
  }
}

// MARK: - Calls

extension PythonLiteral {
  private mutating func readCall() throws -> ToolCall {
    var name = readWord()
    while skip(".") { name += "." + readWord() }
    guard !name.isEmpty, name.last != ".", skip("(") else { throw CallError("isn't a call") }
    var arguments = JSONObject()
    while !skip(")") {
      if !arguments.isEmpty {
        guard skip(",") else { throw CallError("has no comma between two arguments") }
        if skip(")") { break }
      }
      let key = readWord()
      guard !key.isEmpty, skip("=") else { throw CallError("has an argument without a name") }
      arguments[key] = try readValue()
    }
    return ToolCall(name: name, arguments: .object(arguments))
  }
}

// MARK: - Values

extension PythonLiteral {
  /// A value, or several with commas between them.
  private mutating func readTuple() throws -> JSON {
    let first = try readValue()
    guard skip(",") else { return first }
    var elements = [first]
    while !isAtEnd {
      elements.append(try readValue())
      guard skip(",") else { break }
    }
    return .array(elements)
  }

  private mutating func readValue() throws -> JSON {
    skipSpace()
    switch current {
    case "'", "\"": return .string(try readStrings())
    case "[": return .array(try nested { try $0.readElements("[", "]").elements })
    case "(":
      let (elements, hasComma) = try nested { try $0.readElements("(", ")") }
      return elements.count == 1 && !hasComma ? elements[0] : .array(elements)
    case "{": return try nested { try $0.readDictionary() }
    case "-", "+", ".", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9": return try readNumber()
    default: return try readName()
    }
  }

  private mutating func readElements(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar
  ) throws -> (elements: [JSON], hasComma: Bool) {
    _ = skip(open)
    var elements: [JSON] = []
    var hasComma = false
    while !skip(close) {
      if !elements.isEmpty {
        guard skip(",") else { throw CallError("has an unclosed list") }
        hasComma = true
        if skip(close) { break }
      }
      elements.append(try readValue())
    }
    return (elements, hasComma)
  }

  private mutating func readDictionary() throws -> JSON {
    _ = skip("{")
    var object = JSONObject()
    var isFirst = true
    while !skip("}") {
      if !isFirst {
        guard skip(",") else { throw CallError("has an unclosed dict") }
        if skip("}") { break }
      }
      isFirst = false
      let key = try readValue()
      guard skip(":") else { throw CallError("has a dict without values") }
      object[try Self.name(of: key)] = try readValue()
    }
    return .object(object)
  }

  /// A key as Python's `json.dumps` writes it.
  private static func name(of key: JSON) throws -> String {
    switch key {
    case .string(let name): return name
    case .array, .object: throw CallError("has a key that isn't a string")
    default: return key.text()
    }
  }

  private mutating func readName() throws -> JSON {
    let start = position
    let word = readWord()
    switch word {
    case "True": return true
    case "False": return false
    case "None": return .null
    case "true" where isLenient: return true
    case "false" where isLenient: return false
    case "null" where isLenient: return .null
    default: break
    }
    if let scalar = current, scalar == "'" || scalar == "\"" {
      return .string(try readStrings(from: start))
    }
    guard isLenient, depth == 0, !word.isEmpty else { throw CallError("isn't a literal") }
    return .string(readBareText(from: start))
  }

  /// Text without quotes, up to the next comma or closing parenthesis.
  private mutating func readBareText(from start: Int) -> String {
    while let scalar = current, scalar != ",", scalar != ")" { position += 1 }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[start..<position])
    return trimmed(String(text))
  }

  private mutating func readNumber() throws -> JSON {
    var text = ""
    while let scalar = current, scalar == "-" || scalar == "+" {
      if scalar == "-" { text = text.isEmpty ? "-" : "" }
      position += 1
      skipSpace()
    }
    var isHexadecimal = false
    var hasExponent = false
    while let scalar = current {
      let isSign = scalar == "-" || scalar == "+"
      if isSign {
        guard !isHexadecimal, !hasExponent, "eE".contains(text.last ?? "0") else { break }
        hasExponent = true
      } else {
        guard scalar == "." || scalar == "_" || scalar.properties.isXIDContinue else { break }
        isHexadecimal = isHexadecimal || scalar == "x" || scalar == "X"
      }
      text.unicodeScalars.append(scalar)
      position += 1
    }
    let digits = text.filter { $0 != "_" }.lowercased()
    if let integer = Int(digits) { return .integer(integer) }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
      let magnitude = digits.hasPrefix("-") ? String(digits.dropFirst()) : digits
      guard magnitude.hasPrefix(prefix), let value = Int(magnitude.dropFirst(2), radix: radix)
      else {
        continue
      }
      return .integer(digits.hasPrefix("-") ? -value : value)
    }
    guard digits.contains(where: \.isNumber), let value = Double(digits), value.isFinite else {
      throw CallError("has a malformed number")
    }
    return .number(value)
  }
}

// MARK: - Strings

extension PythonLiteral {
  /// String literals that follow each other are one string; `start` is where a prefix begins.
  private mutating func readStrings(from start: Int? = nil) throws -> String {
    var result = String.UnicodeScalarView()
    var prefix = String.UnicodeScalarView()
    prefix.append(contentsOf: scalars[(start ?? position)..<position])
    var isRaw = try Self.isRaw(String(prefix))
    while let quote = current, quote == "'" || quote == "\"" {
      result.append(contentsOf: try readString(quote, isRaw: isRaw))
      isRaw = false
      skipSpace()
    }
    return String(result)
  }

  private static func isRaw(_ prefix: String) throws -> Bool {
    switch trimmed(prefix).lowercased() {
    case "", "u": return false
    case "r": return true
    default: throw CallError("has a string of an unknown kind")
    }
  }

  private mutating func readString(
    _ quote: Unicode.Scalar, isRaw: Bool
  ) throws -> String.UnicodeScalarView {
    let isLong =
      position + 2 < scalars.count && scalars[position + 1] == quote
      && scalars[position + 2] == quote
    position += isLong ? 3 : 1
    var result = String.UnicodeScalarView()
    while let scalar = current {
      if scalar == quote, !isLong || isTripled(quote) {
        position += isLong ? 3 : 1
        return result
      }
      if scalar == "\n", !isLong, !isLenient { break }
      position += 1
      if scalar == "\\", !isRaw {
        try readEscape(into: &result)
      } else {
        result.append(scalar)
        if scalar == "\\", let next = current {
          result.append(next)
          position += 1
        }
      }
    }
    throw CallError("has an unterminated string")
  }

  private func isTripled(_ quote: Unicode.Scalar) -> Bool {
    position + 2 < scalars.count && scalars[position + 1] == quote && scalars[position + 2] == quote
  }

  private mutating func readEscape(into result: inout String.UnicodeScalarView) throws {
    guard let code = current else { throw CallError("has an unterminated string") }
    position += 1
    switch code {
    case "\n": break
    case "\\", "'", "\"": result.append(code)
    case "a": result.append("\u{07}")
    case "b": result.append("\u{08}")
    case "f": result.append("\u{0C}")
    case "n": result.append("\n")
    case "r": result.append("\r")
    case "t": result.append("\t")
    case "v": result.append("\u{0B}")
    case "x": result.append(try readCode(2, radix: 16))
    case "u": result.append(try readUnicode())
    case "U": result.append(try readCode(8, radix: 16))
    case "0"..."7":
      position -= 1
      let count = scalars[position...].prefix(3).prefix { ("0"..."7").contains($0) }.count
      result.append(try readCode(count, radix: 8))
    default:
      result.append("\\")
      result.append(code)
    }
  }

  private mutating func readUnicode() throws -> Unicode.Scalar {
    let high = try readDigits(4, radix: 16)
    let start = position
    if (0xD800..<0xDC00).contains(high), current == "\\" {
      position += 2
      if let low = try? readDigits(4, radix: 16), (0xDC00..<0xE000).contains(low) {
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
      }
      position = start
    }
    return Unicode.Scalar(high) ?? "\u{FFFD}"
  }

  private mutating func readCode(_ count: Int, radix: Int) throws -> Unicode.Scalar {
    Unicode.Scalar(try readDigits(count, radix: radix)) ?? "\u{FFFD}"
  }

  private mutating func readDigits(_ count: Int, radix: Int) throws -> UInt32 {
    guard position + count <= scalars.count else { throw CallError("has a broken escape") }
    var digits = String.UnicodeScalarView()
    digits.append(contentsOf: scalars[position..<position + count])
    guard let value = UInt32(String(digits), radix: radix) else {
      throw CallError("has a broken escape")
    }
    position += count
    return value
  }
}
