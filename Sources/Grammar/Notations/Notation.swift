/// A grammar as a text notation gives it: named rules over texts, patterns and one another.
struct Notation {
  /// The right side of a rule.
  indirect enum Tree {
    case literal([UInt8])
    case pattern(Pattern)
    /// A special token, or its text where the vocabulary has none.
    case marker(String)
    case reference(String)
    case sequence([Tree])
    case choice([Tree])
    /// - maximum: nil for no end.
    case repetition(Tree, minimum: Int, maximum: Int?)

    var elements: [Tree] { if case .sequence(let parts) = self { parts } else { [self] } }
    var choices: [Tree] { if case .choice(let parts) = self { parts } else { [self] } }
  }

  var rules: [(name: String, body: Tree)] = []
  var start: String

  /// The grammar that the rules make.
  func grammar(limits: GrammarLimits) throws(GrammarError) -> Grammar {
    var builder = GrammarBuilder(limits: limits)
    let root = try part(&builder)
    return try builder.grammar(root: root)
  }

  func part(_ builder: inout GrammarBuilder) throws(GrammarError) -> GrammarBuilder.Part {
    var lowering = try NotationLowering(self, builder)
    let root = try lowering.rule(start)
    builder = lowering.builder
    try builder.checkSize()
    return root
  }
}

/// Turns rules into parts of a grammar. What is regular becomes one expression, however many
/// rules it was written in: expressions are followed much faster than rules.
private struct NotationLowering {
  var builder: GrammarBuilder
  private let bodies: [String: Notation.Tree]
  private var parts: [String: GrammarBuilder.Part] = [:]
  /// Expressions of regular rules; nil for rules that aren't.
  private var expressions: [String: Expression?] = [:]
  private var open: Set<String> = []
  private var depth = 0

  init(_ notation: Notation, _ builder: GrammarBuilder) throws(GrammarError) {
    self.builder = builder
    var bodies: [String: Notation.Tree] = [:]
    for (name, body) in notation.rules {
      guard bodies[name] == nil else {
        throw .invalid(path: name, reason: "the rule is defined twice")
      }
      bodies[name] = try Self.withoutLeftRecursion(name, body)
    }
    self.bodies = bodies
  }

  /// `a: a x | b` as `a: b x*`.
  private static func withoutLeftRecursion(
    _ name: String, _ body: Notation.Tree
  ) throws(GrammarError) -> Notation.Tree {
    var bases: [Notation.Tree] = []
    var tails: [Notation.Tree] = []
    for choice in body.choices {
      guard case .reference(name)? = choice.elements.first else {
        bases.append(choice)
        continue
      }
      let tail = Array(choice.elements.dropFirst())
      if !tail.isEmpty { tails.append(.sequence(tail)) }
    }
    guard !tails.isEmpty else { return body }
    guard !bases.isEmpty else {
      throw .invalid(path: name, reason: "every choice of the rule begins with itself")
    }
    return .sequence([
      .choice(bases), .repetition(.choice(tails), minimum: 0, maximum: nil),
    ])
  }

  mutating func rule(_ name: String) throws(GrammarError) -> GrammarBuilder.Part {
    if let known = parts[name] { return known }
    guard let body = bodies[name] else {
      throw .invalid(path: name, reason: "the rule is used and not defined")
    }
    if let expression = try expression(rule: name) {
      let part = builder.terminal(expression)
      parts[name] = part
      return part
    }
    let part = builder.rule(name)
    parts[name] = part
    builder.define(part, as: try self.part(body))
    return part
  }

  private mutating func part(_ tree: Notation.Tree) throws(GrammarError) -> GrammarBuilder.Part {
    try enter()
    defer { depth -= 1 }
    if let expression = try expression(tree) { return builder.terminal(expression) }
    switch tree {
    case .literal, .pattern: return builder.never
    case .marker(let text): return builder.marker(text)
    case .reference(let name): return try rule(name)
    case .choice(let choices):
      var all: [GrammarBuilder.Part] = []
      for choice in choices { all.append(try part(choice)) }
      return builder.choice(all)
    case .repetition(let body, let minimum, let maximum):
      return builder.repetition(try part(body), minimum, maximum)
    case .sequence(let elements): return try sequence(elements)
    }
  }

  /// A sequence, with neighbours that are regular in one expression.
  private mutating func sequence(
    _ elements: [Notation.Tree]
  ) throws(GrammarError) -> GrammarBuilder.Part {
    var all: [GrammarBuilder.Part] = []
    var run: Expression?
    for element in elements {
      if let expression = try expression(element) {
        run = builder.pool.concatenation(run ?? ExpressionPool.empty, expression)
        continue
      }
      if let expression = run { all.append(builder.terminal(expression)) }
      run = nil
      all.append(try part(element))
    }
    if let run { all.append(builder.terminal(run)) }
    return builder.sequence(all)
  }

  private mutating func enter() throws(GrammarError) {
    depth += 1
    guard depth <= 200 else { throw .tooLarge("its rules are nested too deeply") }
    try builder.checkSize()
  }
}

// MARK: - Regular parts

extension NotationLowering {
  private mutating func expression(rule name: String) throws(GrammarError) -> Expression? {
    if let known = expressions[name] { return known }
    guard let body = bodies[name] else {
      throw .invalid(path: name, reason: "the rule is used and not defined")
    }
    guard open.insert(name).inserted else { return nil }
    let result = try expression(body)
    open.remove(name)
    // Inside a loop of rules, others may look irregular only because they are still open.
    if result != nil || open.isEmpty { expressions[name] = .some(result) }
    return result
  }

  /// A part as an expression; nil where it is recursive or has special tokens.
  private mutating func expression(_ tree: Notation.Tree) throws(GrammarError) -> Expression? {
    try enter()
    defer { depth -= 1 }
    switch tree {
    case .literal(let text): return builder.pool.literal(text)
    case .marker: return nil
    case .pattern(let pattern):
      var compiler = PatternCompiler(.text, isSearch: false)
      do throws(PatternError) {
        return try compiler.language(pattern, &builder.pool)
      } catch {
        throw .unsupported(keyword: "regex", path: "", reason: "the pattern \(error.reason)")
      }
    case .reference(let name): return try expression(rule: name)
    case .sequence(let parts):
      var result = ExpressionPool.empty
      for part in parts {
        guard let expression = try expression(part) else { return nil }
        result = builder.pool.concatenation(result, expression)
      }
      return result
    case .choice(let parts):
      var all: [Expression] = []
      for part in parts {
        guard let expression = try expression(part) else { return nil }
        all.append(expression)
      }
      return builder.pool.either(all)
    case .repetition(let body, let minimum, let maximum):
      guard let expression = try expression(body) else { return nil }
      return builder.pool.repetition(
        expression, Int32(clamping: minimum), maximum.map { Int32(clamping: $0) } ?? -1)
    }
  }
}
