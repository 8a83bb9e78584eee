/// Cuts the text of a grammar into words, for both notations.
struct NotationScanner {
  private let bytes: [UInt8]
  private(set) var position = 0
  /// What a comment begins with.
  private let comment: String

  init(_ text: String, comment: String, limits: GrammarLimits) throws(GrammarError) {
    bytes = Array(text.utf8)
    self.comment = comment
    guard bytes.count <= limits.textBytes else {
      throw .tooLarge("its text is longer than \(limits.textBytes) bytes")
    }
  }

  var isAtEnd: Bool { position >= bytes.count }
  var current: UInt8? { isAtEnd ? nil : bytes[position] }

  func isNext(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  /// Takes that text where it comes next.
  mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    position += text.utf8.count
    return true
  }

  mutating func next() -> UInt8? {
    guard let byte = current else { return nil }
    position += 1
    return byte
  }

  mutating func goBack(to position: Int) { self.position = position }

  /// Skips white space and comments; with `lines`, across line ends.
  mutating func skipSpace(lines: Bool) {
    while let byte = current {
      if isNext(comment) {
        while let byte = current, byte != 0x0A { position += byte == 0x0A ? 0 : 1 }
      } else if byte == 0x20 || byte == 0x09 || byte == 0x0D || (lines && byte == 0x0A) {
        position += 1
      } else {
        return
      }
    }
  }

  /// A name: letters, digits, and some signs.
  mutating func name(also signs: String) -> String? {
    let start = position
    while let byte = current {
      let character = Character(UnicodeScalar(byte))
      guard character.isASCII, character.isLetter || character.isNumber || signs.contains(character)
      else { break }
      position += 1
    }
    return position > start ? String(decoding: bytes[start..<position], as: UTF8.self) : nil
  }

  mutating func number() -> Int? {
    var value: Int?
    while let byte = current, (0x30...0x39).contains(byte) {
      value = min((value ?? 0) * 10 + Int(byte - 0x30), Int(Int32.max))
      position += 1
    }
    return value
  }

  /// The text up to a closing byte, which is taken; a backslash keeps what is behind it.
  mutating func text(until close: UInt8) throws(GrammarError) -> String {
    let start = position
    while let byte = next() {
      if byte == UInt8(ascii: "\\") {
        position += 1
      } else if byte == close {
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
      }
    }
    throw error("a text has no end")
  }

  func error(_ reason: String) -> GrammarError {
    let line = bytes[..<min(position, bytes.count)].reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
    return .invalid(path: "line \(line)", reason: reason)
  }

  /// A literal's text with its escapes read as a pattern's are.
  func unescaped(_ text: String) throws(GrammarError) -> [UInt8] {
    var pattern = ""
    var isEscaped = false
    for scalar in text.unicodeScalars {
      if isEscaped {
        pattern.unicodeScalars.append(scalar)
        isEscaped = false
      } else {
        if "^$.|?*+()[]{}/".unicodeScalars.contains(scalar) { pattern += "\\" }
        pattern.unicodeScalars.append(scalar)
        isEscaped = scalar == "\\"
      }
    }
    let parsed: Pattern
    do throws(PatternError) {
      parsed = try PatternReader.read(pattern, hasLongEscapes: true)
    } catch {
      throw self.error("the text \"\(text)\" \(error.reason)")
    }
    var result: [UInt8] = []
    for element in parsed.elements {
      guard case .characters(let set) = element, let value = set.ranges.first?.lowerBound,
        let scalar = Unicode.Scalar(value), set == CharacterSet(value)
      else { throw error("the text \"\(text)\" has an escape that is no character") }
      result += Array(String(scalar).utf8)
    }
    return result
  }
}
