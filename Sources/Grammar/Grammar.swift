/// What a text may be: rules over regular expressions, for any vocabulary.
///
/// Made by `GrammarBuilder`, or by one of the short ways: `Grammar.jsonSchema`, `.regex`,
/// `.choice`, `.gbnf`, `.lark`.
public struct Grammar: Sendable {
  /// One part of a grammar.
  enum Node: Sendable {
    case never
    case terminal(Expression)
    case sequence([Int32])
    case choice([Int32])
    /// - maximum: -1 for no end.
    case repetition(Int32, minimum: Int32, maximum: Int32)
    /// The body is `rules[number]`.
    case rule(Int32)
    /// Text that is written with special tokens where the vocabulary has them.
    case marker(Int32)
    case free(Int32)
  }

  /// Text of any kind that ends where a marker begins something else.
  struct FreeText: Sendable {
    /// Markers, and what follows each; nil where the marker must not come.
    var branches: [(marker: String, body: Int32?)]
    /// Whether the text may also end with the answer, or where the grammar goes on by itself.
    var mayEnd: Bool
    /// What it must not begin with.
    var notBeginning: Expression?
  }

  var pool: ExpressionPool
  var nodes: [Node]
  var rules: [Int32]
  var ruleNames: [String]
  var markers: [String]
  var freeTexts: [FreeText]
  var root: Int32
  let limits: GrammarLimits
}

/// Builds grammars part by part.
public struct GrammarBuilder: Sendable {
  /// A part of the grammar that is being built.
  public struct Part: Hashable, Sendable {
    let node: Int32
  }

  let limits: GrammarLimits
  var pool: ExpressionPool
  var nodes: [Grammar.Node] = [.never]
  var rules: [Int32] = []
  var ruleNames: [String] = []
  private var markers: [String] = []
  /// Expressions of patterns, by how they are read and their text.
  var patterns: [String: Expression] = [:]
  private var freeTexts: [Grammar.FreeText] = []
  private var templates: [String: Part] = [:]
  var punctuations: [SchemaOptions.Whitespace: Punctuation] = [:]

  /// One in which nothing is built.
  static let nothing = GrammarBuilder()

  public init(limits: GrammarLimits = GrammarLimits()) {
    self.limits = limits
    pool = ExpressionPool(limit: limits.expressions, workLimit: limits.work)
  }

  mutating func add(_ node: Grammar.Node) -> Part {
    nodes.append(node)
    return Part(node: Int32(nodes.count - 1))
  }

  /// The grammar whose texts are those of `root`.
  public func grammar(root: Part) throws(GrammarError) -> Grammar {
    try checkSize()
    let grammar = Grammar(
      pool: pool, nodes: nodes, rules: rules, ruleNames: ruleNames, markers: markers,
      freeTexts: freeTexts, root: root.node, limits: limits)
    let facts = GrammarFacts(nodes, rules, pool, freeTexts)
    if let rule = facts.leftRecursiveRule(nodes, rules) {
      throw .invalid(
        path: ruleNames[rule],
        reason: "the rule begins with itself; write the repetition behind its first part")
    }
    guard facts.isProductive[Int(root.node)] else {
      throw .invalid(path: "", reason: "no text satisfies it")
    }
    return grammar
  }

  func checkSize() throws(GrammarError) {
    guard pool.work <= limits.work else {
      throw .tooLarge("it takes too long to be compiled")
    }
    guard !pool.isExhausted else {
      throw .tooLarge("its patterns need more than \(limits.expressions) expressions")
    }
    guard nodes.count <= limits.nodes else {
      throw .tooLarge("it has more than \(limits.nodes) parts")
    }
  }
}

// MARK: - Parts

extension GrammarBuilder {
  /// The empty text.
  public var empty: Part { mutating get { terminal(ExpressionPool.empty) } }

  /// No text at all.
  var never: Part { Part(node: 0) }

  mutating func terminal(_ expression: Expression) -> Part { add(.terminal(expression)) }

  /// That very text.
  public mutating func literal(_ text: String) -> Part { terminal(pool.literal(text)) }

  /// A text that the model writes with its special tokens, where it has such.
  public mutating func marker(_ text: String) -> Part {
    markers.append(text)
    return add(.marker(Int32(markers.count - 1)))
  }

  /// A text written with special tokens, in which each ␤ is a line break that may be missing.
  public mutating func template(_ text: String) -> Part {
    if let known = templates[text] { return known }
    var parts: [Part] = []
    for (index, piece) in text.split(by: "␤").enumerated() {
      if index > 0 { parts.append(terminal(pool.optional(pool.literal("\n")))) }
      if !piece.isEmpty { parts.append(marker(piece)) }
    }
    let result = parts.isEmpty ? empty : sequence(parts)
    templates[text] = result
    return result
  }

  /// Text that the whole of a pattern matches.
  public mutating func regex(_ pattern: String) throws(GrammarError) -> Part {
    terminal(try expression(pattern))
  }

  mutating func expression(
    _ pattern: String, path: String = "regex", ignoresCase: Bool = false
  ) throws(GrammarError) -> Expression {
    let name = ignoresCase ? "i " + pattern : "  " + pattern
    if let known = patterns[name] { return known }
    do throws(PatternError) {
      let parsed = try PatternReader.read(pattern, limits: limits, ignoresCase: ignoresCase)
      var compiler = PatternCompiler(.text, isSearch: false)
      let result = try compiler.language(parsed, &pool)
      guard !pool.isExhausted else { throw PatternError("is too large") }
      guard !pool.isDead(result) else { throw PatternError("matches nothing") }
      patterns[name] = result
      return result
    } catch {
      throw .unsupported(keyword: "regex", path: path, reason: "the pattern \(error.reason)")
    }
  }

  /// One part after another.
  public mutating func sequence(_ parts: [Part]) -> Part {
    parts.count == 1 ? parts[0] : add(.sequence(parts.map(\.node)))
  }

  /// One of the parts.
  public mutating func choice(_ parts: [Part]) -> Part {
    parts.count == 1 ? parts[0] : add(.choice(parts.map(\.node)))
  }

  public mutating func optional(_ part: Part) -> Part { repetition(part, 0, 1) }

  /// A part several times; without end where `maximum` is nil.
  public mutating func repetition(_ part: Part, _ minimum: Int, _ maximum: Int?) -> Part {
    add(
      .repetition(
        part.node, minimum: Int32(clamping: minimum),
        maximum: maximum.map { Int32(clamping: $0) } ?? -1))
  }

  /// A part that is written later with `define`, so that it can stand in itself.
  public mutating func rule(_ name: String) -> Part {
    rules.append(0)
    ruleNames.append(name)
    return add(.rule(Int32(rules.count - 1)))
  }

  public mutating func define(_ rule: Part, as body: Part) {
    guard case .rule(let number) = nodes[Int(rule.node)] else { return }
    rules[Int(number)] = body.node
  }

  /// Any text, special tokens included, up to the first of the markers. What follows a marker is
  /// its body; a marker without one must not come. With `mayEnd` the text may also end, or go
  /// over into what stands behind this part. What the pattern matches must not begin it.
  public mutating func freeText(
    until branches: [(marker: String, body: Part?)], mayEnd: Bool,
    notBeginning pattern: String? = nil
  ) throws(GrammarError) -> Part {
    let beginning = try pattern.map { pattern throws(GrammarError) in try expression(pattern) }
    freeTexts.append(
      Grammar.FreeText(
        branches: branches.map { ($0.marker, $0.body?.node) }, mayEnd: mayEnd,
        notBeginning: beginning))
    return add(.free(Int32(freeTexts.count - 1)))
  }
}

extension String {
  /// The parts between occurrences of a text.
  func split(by separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}

// MARK: - Short ways

extension Grammar {
  /// Whether a pattern matches the whole of a text.
  public static func matches(_ pattern: String, _ text: String) throws(GrammarError) -> Bool {
    var builder = GrammarBuilder()
    let language = try builder.expression(pattern)
    return builder.pool.matches(language, text.utf8)
  }

  /// Texts that the whole of a pattern matches.
  public static func regex(
    _ pattern: String, limits: GrammarLimits = GrammarLimits()
  ) throws(GrammarError) -> Grammar {
    var builder = GrammarBuilder(limits: limits)
    let root = try builder.regex(pattern)
    return try builder.grammar(root: root)
  }

  /// One of the texts.
  public static func choice(
    _ texts: [String], limits: GrammarLimits = GrammarLimits()
  ) throws(GrammarError) -> Grammar {
    guard !texts.isEmpty else { throw .invalid(path: "choice", reason: "the list is empty") }
    var builder = GrammarBuilder(limits: limits)
    let root = builder.terminal(builder.pool.literals(texts.map { Array($0.utf8) }))
    return try builder.grammar(root: root)
  }
}
