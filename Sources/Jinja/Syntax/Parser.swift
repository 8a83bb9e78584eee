/// Reads tokens into a tree, by recursive descent along Jinja2's own grammar.
struct Parser {
  private let tokens: [Token]
  private var position = 0
  private var nesting = 0
  /// Tags open around the current one, for messages.
  private var openTags: [String] = []
  /// Loops open around the current tag that `break` can leave.
  private var openLoops = 0
  private(set) var symbols = SymbolTable()
  private(set) var literals: [String] = []

  /// Deeper nesting is refused, as CPython refuses it.
  static let maximumNesting = 96
  static let maximumDepth = 200

  init(_ source: String) throws { tokens = try Lexer.tokens(of: source) }

  mutating func parseTemplate() throws -> Body {
    let body = try parseBody(until: [])
    guard current.kind == .end else { throw unexpected() }
    return body
  }
}

// MARK: - Tokens

extension Parser {
  var current: Token { tokens[position] }
  var next: Token { tokens[min(position + 1, tokens.count - 1)] }
  var line: Int { current.line }

  mutating func advance() { if position < tokens.count - 1 { position += 1 } }

  func fail(_ message: String, line: Int? = nil) -> TemplateError {
    Token.error(message, line: line ?? current.line)
  }

  func unexpected(_ wanted: String? = nil) -> TemplateError {
    if let wanted {
      return current.kind == .end
        ? fail("unexpected end of template, expected '\(wanted)'.")
        : fail("expected token '\(wanted)', got '\(current.description)'")
    }
    return fail("unexpected '\(current.description)'")
  }

  func isName(_ name: String) -> Bool { current.kind == .name(name) }
  func isSymbol(_ symbol: Symbol) -> Bool { current.kind == .symbol(symbol) }

  mutating func skip(_ symbol: Symbol) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(_ symbol: Symbol) throws {
    guard skip(symbol) else { throw unexpected(symbol.rawValue) }
  }

  mutating func expect(name: String) throws {
    guard skip(name: name) else { throw unexpected(name) }
  }

  mutating func expectBlockEnd() throws {
    guard current.kind == .blockEnd else { throw unexpected("end of statement block") }
    advance()
  }

  mutating func expectName() throws -> String {
    guard case .name(let name) = current.kind else { throw unexpected("name") }
    advance()
    return name
  }

  mutating func symbol(_ name: String) -> Int { symbols.symbol(name) }

  /// The place in the template, to ask later which names stand behind it.
  var mark: Int { position }

  func names(since mark: Int) -> Set<String> {
    var result: Set<String> = []
    for token in tokens[mark..<position] {
      if case .name(let name) = token.kind { result.insert(name) }
    }
    return result
  }

  mutating func remember(literal: Text) { literals.append(literal.string) }

  /// Parses one level deeper, unless there are too many.
  mutating func nested<Result>(_ parse: (inout Parser) throws -> Result) throws -> Result {
    guard nesting < Self.maximumNesting else { throw fail("the template is nested too deeply") }
    nesting += 1
    defer { nesting -= 1 }
    return try parse(&self)
  }

  /// Refuses trees that would take too much stack to walk.
  func checked<Node: Expression>(_ node: Node) throws -> any Expression {
    guard node.depth <= Self.maximumDepth else { throw fail("the expression is nested too deeply") }
    return node
  }
}

// MARK: - Bodies

extension Parser {
  /// Statements up to a tag of one of those names, whose name is the current token then.
  mutating func parseBody(until ends: [String]) throws -> Body {
    var statements: [any Statement] = []
    while true {
      let line = line
      switch current.kind {
      case .data(let text):
        remember(literal: text)
        statements.append(Data(text))
        advance()
      case .variableBegin:
        advance()
        statements.append(Output(try parseTuple(), line: line))
        guard current.kind == .variableEnd else { throw unexpected("end of print statement") }
        advance()
      case .blockBegin:
        advance()
        if case .name(let name) = current.kind, ends.contains(name) { return Body(statements) }
        statements += try nested { try $0.parseStatement() }
        try expectBlockEnd()
      case .end:
        guard ends.isEmpty else { throw missingEnd(ends) }
        return Body(statements)
      default: throw unexpected()
      }
    }
  }

  /// The body of a tag: from the end of the tag to the end tag, which is passed over.
  mutating func parseBlock(until end: String) throws -> Body {
    let body = try parseBlock(untilAny: [end])
    advance()
    return body
  }

  /// The body of a tag, up to one of several tags.
  mutating func parseBlock(untilAny ends: [String]) throws -> Body {
    _ = skip(.colon)
    try expectBlockEnd()
    return try parseBody(until: ends)
  }

  private func missingEnd(_ ends: [String]) -> TemplateError {
    let wanted = ends.map { "'\($0)'" }.joined(separator: " or ")
    let innermost = openTags.last.map {
      " The innermost block that needs to be closed is '\($0)'."
    }
    return fail(
      "Unexpected end of template. Jinja was looking for the following tags: \(wanted)."
        + (innermost ?? ""))
  }

  private mutating func parseStatement() throws -> [any Statement] {
    guard case .name(let tag) = current.kind else { throw fail("tag name expected") }
    let line = line
    guard let parse = Self.tags[tag] else { throw fail("Encountered unknown tag '\(tag)'.") }
    advance()
    openTags.append(tag)
    defer { openTags.removeLast() }
    return try parse(&self, line)
  }

  /// Parses the body of a loop.
  mutating func insideLoop<Result>(_ parse: (inout Parser) throws -> Result) throws -> Result {
    openLoops += 1
    defer { openLoops -= 1 }
    return try parse(&self)
  }

  /// Parses a body that is a function of its own.
  mutating func outsideLoops<Result>(_ parse: (inout Parser) throws -> Result) throws -> Result {
    let loops = openLoops
    openLoops = 0
    defer { openLoops = loops }
    return try parse(&self)
  }

  private mutating func parseJump(
    _ flow: Flow, _ tag: String, line: Int
  ) throws -> any Statement {
    guard openLoops > 0 else { throw fail("'\(tag)' outside loop", line: line) }
    return Jump(flow)
  }

  private typealias TagParser = @Sendable (inout Parser, _ line: Int) throws -> [any Statement]

  private static let tags: [String: TagParser] = [
    "for": { [try $0.parseFor(line: $1)] },
    "if": { parser, _ in [try parser.parseIf()] },
    "set": { [try $0.parseSet(line: $1)] },
    "with": { [try $0.parseWith(line: $1)] },
    "macro": { parser, _ in [try parser.parseMacro()] },
    "call": { [try $0.parseCallBlock(line: $1)] },
    "filter": { [try $0.parseFilterBlock(line: $1)] },
    "print": { try $0.parsePrint(line: $1) },
    "block": { parser, _ in [try parser.parseNamedBlock()] },
    "autoescape": { parser, _ in [try parser.parseAutoescape()] },
    "generation": { parser, _ in
      [
        Scoped(
          try parser.outsideLoops { try $0.parseBlock(until: "endgeneration") }, isFromRoot: false)
      ]
    },
    "break": { [try $0.parseJump(.breakLoop, "break", line: $1)] },
    "continue": { [try $0.parseJump(.continueLoop, "continue", line: $1)] },
    "include": { [try $0.parseOtherTemplate("include", line: $1)] },
    "import": { [try $0.parseOtherTemplate("import", line: $1)] },
    "from": { [try $0.parseOtherTemplate("from", line: $1)] },
    "extends": { [try $0.parseOtherTemplate("extends", line: $1)] },
  ]
}
