/// A regular expression as it is written, before it becomes a language.
indirect enum Pattern: Sendable {
  case characters(CharacterSet)
  case sequence([Pattern])
  case choice([Pattern])
  /// - maximum: nil for no end.
  case repetition(Pattern, minimum: Int, maximum: Int?)
  case start
  case end
  case lookahead(Pattern, isNegative: Bool)

  /// Whether what it means depends on what stands around it.
  var isContextual: Bool {
    switch self {
    case .characters: false
    case .sequence(let parts), .choice(let parts): parts.contains(where: \.isContextual)
    case .repetition(let body, _, _): body.isContextual
    case .start, .end, .lookahead: true
    }
  }

  var isStart: Bool { if case .start = self { true } else { false } }

  var elements: [Pattern] { if case .sequence(let parts) = self { parts } else { [self] } }
  var choices: [Pattern] { if case .choice(let parts) = self { parts } else { [self] } }
}

/// How characters of a text are spelled.
enum Alphabet: Sendable {
  /// As UTF-8.
  case text
  /// As between the quotes of a JSON string, with escapes only where they are needed: each
  /// character has one spelling, so that lengths, complements and differences mean the same.
  case json
  /// The same between single quotes, as Python has them.
  case singleQuoted

  /// The character that ends a string.
  var quote: UInt8? {
    switch self {
    case .text: nil
    case .json: UInt8(ascii: "\"")
    case .singleQuoted: UInt8(ascii: "'")
    }
  }

  /// A string as the alphabet spells it, without its quotes.
  func spelling(_ text: String) -> [UInt8] {
    guard let quote else { return Array(text.utf8) }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte < 0x20 || byte == 0x5C || byte == quote {
        bytes += Self.escape(byte).utf8
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  /// The spelling of a byte that strings can't hold as it is.
  static func escape(_ byte: UInt8) -> String {
    let names: [UInt8: String] = [
      0x22: "\\\"", 0x27: "\\'", 0x5C: "\\\\", 0x08: "\\b", 0x0C: "\\f", 0x0A: "\\n",
      0x0D: "\\r", 0x09: "\\t",
    ]
    if let name = names[byte] { return name }
    let digits = String(byte, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension ExpressionPool {
  mutating func characters(_ set: CharacterSet, _ alphabet: Alphabet) -> Expression {
    guard let quote = alphabet.quote.map(UInt32.init) else { return characters(set) }
    let escaped = CharacterSet([0...0x1F, quote...quote, 0x5C...0x5C])
    var choices = [characters(set.subtracting(escaped))]
    for range in escaped.ranges {
      for value in range where set.contains(value) {
        choices.append(literal(Alphabet.escape(UInt8(value))))
      }
    }
    return either(choices)
  }
}

// MARK: - Languages

/// Turns patterns into expressions of a pool.
struct PatternCompiler {
  let alphabet: Alphabet
  /// Whether the pattern may match anywhere in the text, as a schema's `pattern` does.
  let isSearch: Bool
  /// Whether what stands behind the pattern may be anything, not only whole characters: for what is
  /// intersected with texts, or taken from them. Once matched it always is, which is seen at once.
  var isOpen = false
  /// Groups with anchors are multiplied out; no more often than this.
  private var expansions = 256

  init(_ alphabet: Alphabet, isSearch: Bool) {
    self.alphabet = alphabet
    self.isSearch = isSearch
  }

  /// The texts that match.
  mutating func language(
    _ pattern: Pattern, _ pool: inout ExpressionPool
  ) throws(PatternError) -> Expression {
    var ways: [Expression] = []
    for choice in pattern.choices { ways.append(try whole(choice.elements[...], &pool)) }
    return pool.either(ways)
  }

  private func rest(_ pool: inout ExpressionPool) -> Expression {
    isSearch ? pool.star(pool.characters(.all, alphabet)) : ExpressionPool.empty
  }

  /// A sequence from the beginning of the text.
  private mutating func whole(
    _ parts: ArraySlice<Pattern>, _ pool: inout ExpressionPool
  ) throws(PatternError) -> Expression {
    if case .start? = parts.first { return try whole(anchored: parts.dropFirst(), &pool) }
    if let first = parts.first, first.isContextual, let choices = groups(first) {
      return try distributed(choices, parts.dropFirst(), &pool) {
        (compiler, parts, pool) throws(PatternError) in
        try compiler.whole(parts, &pool)
      }
    }
    return pool.concatenation(rest(&pool), try tail(parts, &pool))
  }

  private mutating func whole(
    anchored parts: ArraySlice<Pattern>, _ pool: inout ExpressionPool
  ) throws(PatternError) -> Expression {
    var parts = parts
    while case .start? = parts.first { parts = parts.dropFirst() }
    // A look-ahead there begins where the text does, too: `^(?!^-*$)`.
    for (index, part) in zip(parts.indices, parts) {
      guard case .lookahead(let pattern, let isNegative) = part else { break }
      let choices = pattern.choices.map {
        Pattern.sequence(Array($0.elements.drop(while: \.isStart)))
      }
      parts[index] = .lookahead(.choice(choices), isNegative: isNegative)
    }
    return try tail(parts, &pool)
  }

  /// What a group with anchors or look-aheads inside consists of, be it optional or not.
  private func groups(_ pattern: Pattern) -> [Pattern]? {
    switch pattern {
    case .choice(let choices): choices
    case .sequence: [pattern]
    case .repetition(let body, minimum: 0, maximum: 1): body.choices + [.sequence([])]
    case .characters, .repetition, .start, .end, .lookahead: nil
    }
  }

  private mutating func distributed(
    _ choices: [Pattern], _ rest: ArraySlice<Pattern>, _ pool: inout ExpressionPool,
    _ compile: (inout PatternCompiler, ArraySlice<Pattern>, inout ExpressionPool)
      throws(PatternError) -> Expression
  ) throws(PatternError) -> Expression {
    var ways: [Expression] = []
    for choice in choices {
      expansions -= 1
      guard expansions > 0 else { throw PatternError("has too many groups with anchors inside") }
      let parts = choice.elements + rest
      ways.append(try compile(&self, parts[...], &pool))
    }
    return pool.either(ways)
  }

  /// A sequence up to the end of the text.
  private mutating func tail(
    _ parts: ArraySlice<Pattern>, _ pool: inout ExpressionPool
  ) throws(PatternError) -> Expression {
    guard let first = parts.first else {
      return isOpen ? ExpressionPool.everything : rest(&pool)
    }
    let following = parts.dropFirst()
    switch first {
    case .start: throw PatternError("has '^' behind other text")
    case .end:
      let isLast = following.allSatisfy { if case .end = $0 { true } else { false } }
      guard isLast else { throw PatternError("has '$' before other text") }
      return ExpressionPool.empty
    case .lookahead(let pattern, let isNegative):
      var ahead = PatternCompiler(alphabet, isSearch: true)
      ahead.isOpen = true
      var ways: [Expression] = []
      for choice in pattern.choices { ways.append(try ahead.tail(choice.elements[...], &pool)) }
      let seen = pool.either(ways)
      let condition = isNegative ? pool.complement(seen) : seen
      return pool.both(condition, try tail(following, &pool))
    case .choice, .sequence, .repetition:
      if first.isContextual, let choices = groups(first) {
        return try distributed(choices, following, &pool) {
          (compiler, parts, pool) throws(PatternError) in
          try compiler.tail(parts, &pool)
        }
      }
      return pool.concatenation(try plain(first, &pool), try tail(following, &pool))
    case .characters:
      return pool.concatenation(try plain(first, &pool), try tail(following, &pool))
    }
  }

  /// A part whose meaning doesn't depend on its place.
  private func plain(
    _ pattern: Pattern, _ pool: inout ExpressionPool
  ) throws(PatternError) -> Expression {
    switch pattern {
    case .characters(let set): return pool.characters(set, alphabet)
    case .sequence(let parts):
      var all: [Expression] = []
      for part in parts { all.append(try plain(part, &pool)) }
      return pool.concatenation(all)
    case .choice(let parts):
      var all: [Expression] = []
      for part in parts { all.append(try plain(part, &pool)) }
      return pool.either(all)
    case .repetition(let body, let minimum, let maximum):
      return pool.repetition(
        try plain(body, &pool), Int32(minimum), maximum.map(Int32.init) ?? -1)
    case .start, .end, .lookahead:
      throw PatternError("repeats an anchor or a look-ahead")
    }
  }
}

/// Why a pattern can't be enforced; the message completes "the pattern …".
struct PatternError: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}
