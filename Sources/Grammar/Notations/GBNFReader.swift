extension Grammar {
  /// A grammar in llama.cpp's notation: `root ::= "yes" | "no" [.!]{0,3}`.
  public static func gbnf(
    _ text: String, limits: GrammarLimits = GrammarLimits()
  ) throws(GrammarError) -> Grammar {
    var reader = try GBNFReader(text, limits)
    return try reader.read().grammar(limits: limits)
  }
}

extension GrammarBuilder {
  /// The same as a part of a larger grammar.
  public mutating func gbnf(_ text: String) throws(GrammarError) -> Part {
    var reader = try GBNFReader(text, limits)
    return try reader.read().part(&self)
  }
}

/// Reads llama.cpp's notation of grammars.
private struct GBNFReader {
  private var scanner: NotationScanner
  private let limits: GrammarLimits
  private var depth = 0

  init(_ text: String, _ limits: GrammarLimits) throws(GrammarError) {
    scanner = try NotationScanner(text, comment: "#", limits: limits)
    self.limits = limits
  }

  mutating func read() throws(GrammarError) -> Notation {
    var notation = Notation(start: "root")
    scanner.skipSpace(lines: true)
    while !scanner.isAtEnd {
      guard let name = ruleHead() else { throw scanner.error("a rule is written name ::= …") }
      notation.rules.append((name, try choice()))
      scanner.skipSpace(lines: true)
    }
    return notation
  }

  /// `name ::=`, where it comes next.
  private mutating func ruleHead() -> String? {
    let start = scanner.position
    if let name = scanner.name(also: "-_") {
      scanner.skipSpace(lines: true)
      if scanner.take("::=") { return name }
    }
    scanner.goBack(to: start)
    return nil
  }

  private mutating func choice() throws(GrammarError) -> Notation.Tree {
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.depth else { throw .tooLarge("its rules are nested too deeply") }
    var choices = [try sequence()]
    while scanner.take("|") { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  private mutating func sequence() throws(GrammarError) -> Notation.Tree {
    var parts: [Notation.Tree] = []
    while true {
      scanner.skipSpace(lines: true)
      let start = scanner.position
      if ruleHead() != nil {
        scanner.goBack(to: start)
        break
      }
      guard let atom = try atom() else { break }
      parts.append(try repeated(atom))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func atom() throws(GrammarError) -> Notation.Tree? {
    if scanner.take("\"") {
      return .literal(try scanner.unescaped(scanner.text(until: UInt8(ascii: "\""))))
    }
    if scanner.take("[") {
      return try pattern("[" + scanner.text(until: UInt8(ascii: "]")) + "]")
    }
    if scanner.take(".") { return .pattern(.characters(.all)) }
    if scanner.take("<") {
      return .marker("<" + (try scanner.text(until: UInt8(ascii: ">"))) + ">")
    }
    if scanner.take("(") {
      let inner = try choice()
      scanner.skipSpace(lines: true)
      guard scanner.take(")") else { throw scanner.error("a ')' is missing") }
      return inner
    }
    if let name = scanner.name(also: "-_") { return .reference(name) }
    guard let byte = scanner.current, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") else {
      return nil
    }
    throw scanner.error("'\(Character(UnicodeScalar(byte)))' has no meaning here")
  }

  private func pattern(_ text: String) throws(GrammarError) -> Notation.Tree {
    do throws(PatternError) {
      return .pattern(try PatternReader.read(text, hasLongEscapes: true))
    } catch {
      throw scanner.error("the characters \(text) \(error.reason)")
    }
  }

  private mutating func repeated(_ atom: Notation.Tree) throws(GrammarError) -> Notation.Tree {
    var result = atom
    while true {
      if scanner.take("*") {
        result = .repetition(result, minimum: 0, maximum: nil)
      } else if scanner.take("+") {
        result = .repetition(result, minimum: 1, maximum: nil)
      } else if scanner.take("?") {
        result = .repetition(result, minimum: 0, maximum: 1)
      } else if scanner.take("{") {
        result = try bounded(result)
      } else {
        return result
      }
    }
  }

  private mutating func bounded(_ tree: Notation.Tree) throws(GrammarError) -> Notation.Tree {
    let minimum = scanner.number()
    var maximum = minimum
    if scanner.take(",") { maximum = scanner.number() }
    guard scanner.take("}"), minimum != nil || maximum != nil else {
      throw scanner.error("a repetition is written {2}, {2,}, {,5} or {2,5}")
    }
    guard max(minimum ?? 0, maximum ?? 0) <= limits.repetitions else {
      throw scanner.error("a repetition is over \(limits.repetitions)")
    }
    if let maximum, maximum < minimum ?? 0 { throw scanner.error("bounds are in the wrong order") }
    return .repetition(tree, minimum: minimum ?? 0, maximum: maximum)
  }
}
