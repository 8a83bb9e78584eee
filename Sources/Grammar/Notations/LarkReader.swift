extension Grammar {
  /// A grammar in Lark's notation: `start: greeting NAME`, `NAME: /[a-z]+/`.
  public static func lark(
    _ text: String, limits: GrammarLimits = GrammarLimits()
  ) throws(GrammarError) -> Grammar {
    var reader = try LarkReader(text, limits)
    return try reader.read().grammar(limits: limits)
  }

  /// A grammar in whichever notation it is written: rules stand behind `::=` in llama.cpp's.
  public static func notation(
    _ text: String, limits: GrammarLimits = GrammarLimits()
  ) throws(GrammarError) -> Grammar {
    text.contains("::=") ? try gbnf(text, limits: limits) : try lark(text, limits: limits)
  }
}

extension GrammarBuilder {
  /// The same as a part of a larger grammar.
  public mutating func notation(_ text: String) throws(GrammarError) -> Part {
    if text.contains("::=") { return try gbnf(text) }
    var reader = try LarkReader(text, limits)
    return try reader.read().part(&self)
  }
}

/// Reads Lark's notation of grammars. White space between parts is what `%ignore` says.
private struct LarkReader {
  private var scanner: NotationScanner
  private let limits: GrammarLimits
  private var depth = 0
  private var notation = Notation(start: "start")
  private var ignored: [Notation.Tree] = []

  init(_ text: String, _ limits: GrammarLimits) throws(GrammarError) {
    scanner = try NotationScanner(text, comment: "//", limits: limits)
    self.limits = limits
  }

  /// Lark's common terminals that grammars import.
  private static let common = [
    "DIGIT": "[0-9]", "INT": "[0-9]+", "SIGNED_INT": "[+-]?[0-9]+",
    "DECIMAL": "[0-9]+\\.[0-9]*|\\.[0-9]+",
    "FLOAT": "(?:[0-9]+\\.[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
    "NUMBER": "(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
    "SIGNED_NUMBER": "[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
    "ESCAPED_STRING": "\"(?:[^\"\\\\\\n]|\\\\.)*\"", "LETTER": "[A-Za-z]", "WORD": "[A-Za-z]+",
    "LCASE_LETTER": "[a-z]", "UCASE_LETTER": "[A-Z]", "CNAME": "[_A-Za-z][_A-Za-z0-9]*",
    "HEXDIGIT": "[0-9A-Fa-f]", "WS": "[ \\t\\f\\r\\n]+", "WS_INLINE": "[ \\t]+",
    "NEWLINE": "(?:\\r?\\n)+",
  ]

  mutating func read() throws(GrammarError) -> Notation {
    scanner.skipSpace(lines: true)
    while !scanner.isAtEnd {
      if scanner.take("%") { try directive() } else { try rule() }
      scanner.skipSpace(lines: true)
    }
    if !ignored.isEmpty { try spaceOut() }
    return notation
  }

  private mutating func directive() throws(GrammarError) {
    let name = scanner.name(also: "_") ?? ""
    scanner.skipSpace(lines: false)
    switch name {
    case "ignore": ignored.append(try choice())
    case "import": try importTerminal()
    default: throw scanner.error("the directive '%\(name)' isn't supported")
    }
  }

  /// `%import common.INT`, perhaps `-> NAME`.
  private mutating func importTerminal() throws(GrammarError) {
    let path = scanner.name(also: "._") ?? ""
    let name = String(path.split(separator: ".").last ?? "")
    guard path == "common." + name, let pattern = Self.common[name] else {
      throw scanner.error("'\(path)' can't be imported")
    }
    scanner.skipSpace(lines: false)
    var alias = name
    if scanner.take("->") {
      scanner.skipSpace(lines: false)
      alias = scanner.name(also: "_") ?? name
    }
    notation.rules.append((alias, try self.pattern(pattern)))
  }

  private mutating func rule() throws(GrammarError) {
    _ = scanner.take("?") || scanner.take("!")
    guard let name = scanner.name(also: "_") else {
      throw scanner.error("a rule is written name: …")
    }
    // A priority, as in `NAME.2`, says which reading of a text Lark prefers where there are several.
    // The texts are the same, and no reading is told from another here.
    if scanner.take(".") {
      _ = scanner.take("-") || scanner.take("+")
      guard scanner.number() != nil else {
        throw scanner.error("a priority is written \(name).2")
      }
    }
    scanner.skipSpace(lines: false)
    guard scanner.take(":") else { throw scanner.error("a ':' is missing behind '\(name)'") }
    notation.rules.append((name, try choice()))
  }

  // MARK: Right sides

  private mutating func choice() throws(GrammarError) -> Notation.Tree {
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.depth else { throw .tooLarge("its rules are nested too deeply") }
    var choices = [try sequence()]
    while takeBar() { choices.append(try sequence()) }
    return choices.count == 1 ? choices[0] : .choice(choices)
  }

  /// `|`, which may stand on the next line.
  private mutating func takeBar() -> Bool {
    let start = scanner.position
    scanner.skipSpace(lines: true)
    if scanner.take("|") { return true }
    scanner.goBack(to: start)
    return false
  }

  private mutating func sequence() throws(GrammarError) -> Notation.Tree {
    var parts: [Notation.Tree] = []
    while true {
      scanner.skipSpace(lines: depth > 1)
      if scanner.take("->") {
        scanner.skipSpace(lines: false)
        _ = scanner.name(also: "_")
        break
      }
      guard let atom = try atom() else { break }
      parts.append(try repeated(atom))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func atom() throws(GrammarError) -> Notation.Tree? {
    if scanner.isNext("\"") { return try textOrRange() }
    if scanner.take("/") {
      let text = try scanner.text(until: UInt8(ascii: "/"))
      let flags = scanner.name(also: "") ?? ""
      return try pattern(text, flags: flags)
    }
    if scanner.take("(") {
      let inner = try choice()
      return try closed(inner, ")")
    }
    if scanner.take("[") {
      let inner = try choice()
      return .repetition(try closed(inner, "]"), minimum: 0, maximum: 1)
    }
    if scanner.take("<") {
      return .marker("<" + (try scanner.text(until: UInt8(ascii: ">"))) + ">")
    }
    return scanner.name(also: "_").map { .reference($0) }
  }

  private mutating func closed(
    _ tree: Notation.Tree, _ bracket: String
  ) throws(GrammarError) -> Notation.Tree {
    scanner.skipSpace(lines: true)
    guard scanner.take(bracket) else { throw scanner.error("a '\(bracket)' is missing") }
    return tree
  }

  /// `"text"`, `"text"i`, or `"a".."z"`.
  private mutating func textOrRange() throws(GrammarError) -> Notation.Tree {
    let first = try quoted()
    if scanner.take("..") {
      let last = try quoted()
      guard let low = Self.scalar(first), let high = Self.scalar(last), low <= high else {
        throw scanner.error("a range is written \"a\"..\"z\"")
      }
      return .pattern(.characters(CharacterSet([low...high])))
    }
    guard scanner.take("i") else { return .literal(first) }
    let text = String(decoding: first, as: UTF8.self)
    return .pattern(
      .sequence(text.unicodeScalars.map { .characters(CharacterSet($0.value).withBothCases) }))
  }

  private mutating func quoted() throws(GrammarError) -> [UInt8] {
    guard scanner.take("\"") else { throw scanner.error("a text in quotes is missing") }
    return try scanner.unescaped(scanner.text(until: UInt8(ascii: "\"")))
  }

  private static func scalar(_ bytes: [UInt8]) -> UInt32? {
    let scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars
    return scalars.count == 1 ? scalars.first?.value : nil
  }

  private func pattern(_ text: String, flags: String = "") throws(GrammarError) -> Notation.Tree {
    guard flags.allSatisfy({ "imsu".contains($0) }) else {
      throw scanner.error("the flags '\(flags)' of a pattern aren't known")
    }
    do throws(PatternError) {
      return .pattern(
        try PatternReader.read(
          text, limits: limits, ignoresCase: flags.contains("i"), hasLongEscapes: true))
    } catch {
      throw scanner.error("the pattern /\(text)/ \(error.reason)")
    }
  }

  private mutating func repeated(_ atom: Notation.Tree) throws(GrammarError) -> Notation.Tree {
    if scanner.take("*") { return .repetition(atom, minimum: 0, maximum: nil) }
    if scanner.take("+") { return .repetition(atom, minimum: 1, maximum: nil) }
    if scanner.take("?") { return .repetition(atom, minimum: 0, maximum: 1) }
    let start = scanner.position
    scanner.skipSpace(lines: false)
    guard scanner.take("~") else {
      scanner.goBack(to: start)
      return atom
    }
    scanner.skipSpace(lines: false)
    guard let minimum = scanner.number() else {
      throw scanner.error("a number is missing behind '~'")
    }
    let maximum = scanner.take("..") ? scanner.number() : minimum
    guard let maximum, maximum >= minimum, maximum <= limits.repetitions else {
      throw scanner.error("a repetition is written ~ 2 or ~ 2..5")
    }
    return .repetition(atom, minimum: minimum, maximum: maximum)
  }
}

// MARK: - Ignored text

extension LarkReader {
  /// Puts what `%ignore` names behind every text and terminal that a rule holds. Names in capital
  /// letters are terminals: nothing stands between their parts.
  private mutating func spaceOut() throws(GrammarError) {
    let name = "%ignore"
    notation.rules = notation.rules.map { rule in
      Self.isTerminal(rule.name) ? rule : (rule.name, Self.spaced(rule.body, name))
    }
    let all = Notation.Tree.repetition(.choice(ignored), minimum: 0, maximum: nil)
    notation.rules.append((name, all))
    notation.rules.append(
      ("%start", .sequence([.reference(name), .reference(notation.start)])))
    notation.start = "%start"
  }

  private static func isTerminal(_ name: String) -> Bool {
    name.contains(where: \.isLetter) && name.uppercased() == name
  }

  private static func spaced(_ tree: Notation.Tree, _ ignored: String) -> Notation.Tree {
    switch tree {
    case .literal, .pattern, .marker: return .sequence([tree, .reference(ignored)])
    case .reference(let name):
      return isTerminal(name) ? .sequence([tree, .reference(ignored)]) : tree
    case .sequence(let parts): return .sequence(parts.map { spaced($0, ignored) })
    case .choice(let parts): return .choice(parts.map { spaced($0, ignored) })
    case .repetition(let body, let minimum, let maximum):
      return .repetition(spaced(body, ignored), minimum: minimum, maximum: maximum)
    }
  }
}
