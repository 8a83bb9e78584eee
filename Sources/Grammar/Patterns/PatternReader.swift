/// Reads regular expressions as ECMA 262 writes them, which JSON Schema and others use.
struct PatternReader {
  private let scalars: [UInt32]
  private var position = 0
  private var depth = 0
  private let limits: GrammarLimits
  private let ignoresCase: Bool
  /// Whether `\U0001F600` is a character, as in grammars; ECMA 262 has no such escape.
  private let hasLongEscapes: Bool

  private static let maximumDepth = 100

  private init(
    _ text: String, _ limits: GrammarLimits, ignoresCase: Bool, hasLongEscapes: Bool
  ) {
    scalars = text.unicodeScalars.map(\.value)
    self.limits = limits
    self.ignoresCase = ignoresCase
    self.hasLongEscapes = hasLongEscapes
  }

  static func read(
    _ text: String, limits: GrammarLimits = GrammarLimits(), ignoresCase: Bool = false,
    hasLongEscapes: Bool = false
  ) throws(PatternError) -> Pattern {
    guard text.utf8.count <= limits.textBytes else { throw PatternError("is too long") }
    var reader = PatternReader(
      text, limits, ignoresCase: ignoresCase, hasLongEscapes: hasLongEscapes)
    let pattern = try reader.choice()
    guard reader.position == reader.scalars.count else { throw PatternError("has a ')' too many") }
    return pattern
  }

  private var current: UInt32? { position < scalars.count ? scalars[position] : nil }

  private func isNext(_ text: String) -> Bool {
    let wanted = text.unicodeScalars.map(\.value)
    return scalars[position...].starts(with: wanted)
  }

  private mutating func take(_ text: String) -> Bool {
    guard isNext(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  private mutating func next() throws(PatternError) -> UInt32 {
    guard let scalar = current else { throw PatternError("ends too early") }
    position += 1
    return scalar
  }
}

// MARK: - Structure

extension PatternReader {
  private mutating func choice() throws(PatternError) -> Pattern {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw PatternError("is nested too deeply") }
    var choices = [try sequence()]
    while take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func sequence() throws(PatternError) -> Pattern {
    var parts: [Pattern] = []
    while let scalar = current, scalar != Self.code("|"), scalar != Self.code(")") {
      parts.append(try quantified(try atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func atom() throws(PatternError) -> Pattern {
    if take("(?:") { return try group() }
    if take("(?=") { return .lookahead(try group(), isNegative: false) }
    if take("(?!") { return .lookahead(try group(), isNegative: true) }
    if isNext("(?<=") || isNext("(?<!") { throw PatternError("looks behind with '(?<'") }
    if take("(?<") || take("(?P<") {
      while try next() != Self.code(">") {}
      return try group()
    }
    if isNext("(?") { throw PatternError("has a group of an unknown kind, '(?'") }
    if take("(") { return try group() }
    if take("^") { return .start }
    if take("$") { return .end }
    if take(".") { return .characters(CharacterSet.lineEnds.inverted) }
    if take("[") { return .characters(cased(try characterClass())) }
    if take("\\") { return try escape() }
    let scalar = try next()
    guard !"*+?".unicodeScalars.contains(where: { $0.value == scalar }) else {
      throw PatternError("repeats nothing")
    }
    return .characters(cased(CharacterSet(scalar)))
  }

  private mutating func group() throws(PatternError) -> Pattern {
    let inner = try choice()
    guard take(")") else { throw PatternError("lacks a ')'") }
    return inner
  }

  private func cased(_ set: CharacterSet) -> CharacterSet {
    ignoresCase ? set.withBothCases : set
  }

  private static func code(_ character: Unicode.Scalar) -> UInt32 { character.value }
}

// MARK: - Quantifiers

extension PatternReader {
  private mutating func quantified(_ atom: Pattern) throws(PatternError) -> Pattern {
    var result = atom
    while let (minimum, maximum) = try quantifier() {
      // Lazy or not, the matched texts are the same.
      _ = take("?")
      guard max(minimum, maximum ?? 0) <= limits.repetitions else {
        throw PatternError("repeats more than \(limits.repetitions) times")
      }
      if let maximum, maximum < minimum { throw PatternError("has bounds in the wrong order") }
      result = .repetition(result, minimum: minimum, maximum: maximum)
    }
    return result
  }

  private mutating func quantifier() throws(PatternError) -> (Int, Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    guard current == Self.code("{") else { return nil }
    let start = position
    position += 1
    let minimum = number()
    var maximum = minimum
    if take(",") { maximum = number() }
    guard take("}"), let minimum else {
      // A brace that bounds nothing is a character.
      position = start
      return nil
    }
    return (minimum, scalars[position - 2] == Self.code(",") ? nil : maximum)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = current, (0x30...0x39).contains(scalar) {
      value = min((value ?? 0) * 10 + Int(scalar - 0x30), limits.repetitions + 1)
      position += 1
    }
    return value
  }
}

// MARK: - Escapes and classes

extension PatternReader {
  private mutating func escape() throws(PatternError) -> Pattern {
    let scalar = try next()
    if let set = try classEscape(scalar) { return .characters(set) }
    switch Unicode.Scalar(scalar) {
    case "b", "B": throw PatternError("asks for word boundaries with '\\b'")
    case let digit? where ("1"..."9").contains(digit) || digit == "k":
      throw PatternError("refers back to a group")
    case "A": return .start
    case "z", "Z": return .end
    default: return .characters(cased(CharacterSet(try character(scalar))))
    }
  }

  /// The set that `\d` and the like stand for.
  private mutating func classEscape(_ scalar: UInt32) throws(PatternError) -> CharacterSet? {
    switch Unicode.Scalar(scalar) {
    case "d": return .digits
    case "D": return CharacterSet.digits.inverted
    case "w": return .word
    case "W": return CharacterSet.word.inverted
    case "s": return .spaces
    case "S": return CharacterSet.spaces.inverted
    case "p", "P":
      guard take("{") else { throw PatternError("names no property behind '\\p'") }
      var name = ""
      while let scalar = Unicode.Scalar(try next()), scalar != "}" {
        name.unicodeScalars.append(scalar)
      }
      for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) {
        name.removeFirst(prefix.count)
      }
      guard let set = CharacterSet.property(name) else {
        throw PatternError("names the unknown property '\(name)'")
      }
      return scalar == Self.code("p") ? set : set.inverted
    default: return nil
    }
  }

  /// The character that an escape stands for.
  private mutating func character(_ scalar: UInt32) throws(PatternError) -> UInt32 {
    switch Unicode.Scalar(scalar) {
    case "n": return 0x0A
    case "r": return 0x0D
    case "t": return 0x09
    case "f": return 0x0C
    case "v": return 0x0B
    case "0": return 0
    case "x": return try hexadecimal(2)
    case "U" where hasLongEscapes:
      let value = try hexadecimal(8)
      guard Unicode.Scalar(value) != nil else {
        throw PatternError("escapes no character with '\\U'")
      }
      return value
    case "c":
      return try next() % 32
    case "u":
      if take("{") {
        var value: UInt32 = 0
        while !take("}") {
          value = value * 16 + (try hexadecimal(1))
          guard value <= 0x10FFFF else { throw PatternError("escapes no character with '\\u'") }
        }
        return value
      }
      let value = try hexadecimal(4)
      guard (0xD800...0xDBFF).contains(value), take("\\u") else { return value }
      let low = try hexadecimal(4)
      guard (0xDC00...0xDFFF).contains(low) else {
        throw PatternError("has half a surrogate pair")
      }
      return 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    case let other?:
      let isLetter = ("a"..."z").contains(other) || ("A"..."Z").contains(other)
      guard !isLetter else { throw PatternError("has the unknown escape '\\\(other)'") }
      return scalar
    case nil: throw PatternError("escapes no character")
    }
  }

  private mutating func hexadecimal(_ count: Int) throws(PatternError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      let digit = Unicode.Scalar(try next()).flatMap { Character($0).hexDigitValue }
      guard let digit else { throw PatternError("has an escape that isn't hexadecimal") }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private mutating func characterClass() throws(PatternError) -> CharacterSet {
    let isInverted = take("^")
    var set = CharacterSet([])
    var ranges: [ClosedRange<UInt32>] = []
    while !take("]") {
      switch try classMember() {
      case .set(let members): set = set.union(members)
      case .scalar(let low):
        guard current == Self.code("-"), position + 1 < scalars.count,
          scalars[position + 1] != Self.code("]")
        else {
          ranges.append(low...low)
          continue
        }
        position += 1
        guard case .scalar(let high) = try classMember(), high >= low else {
          throw PatternError("has a range of characters in the wrong order")
        }
        ranges.append(low...high)
      }
    }
    // Before inversion, as in `[^a]` with case ignored.
    let result = cased(set.union(CharacterSet(ranges)))
    return isInverted ? result.inverted : result
  }

  private enum ClassMember {
    case set(CharacterSet)
    case scalar(UInt32)
  }

  private mutating func classMember() throws(PatternError) -> ClassMember {
    let scalar = try next()
    guard scalar == Self.code("\\") else { return .scalar(scalar) }
    let escaped = try next()
    if let set = try classEscape(escaped) { return .set(set) }
    if escaped == Self.code("b") { return .scalar(8) }
    return .scalar(try character(escaped))
  }
}
