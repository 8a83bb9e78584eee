/// The tags, each from behind its name.

extension Parser {
  mutating func parseFor(line: Int) throws -> any Statement {
    let target = try parseTarget(endingBefore: "in")
    try expect(name: "in")
    let iterable = try parseTuple(withConditional: false, endingBefore: "recursive")
    let condition = skip(name: "if") ? try parseExpression() : nil
    let isRecursive = skip(name: "recursive")
    let body = try insideLoop { try $0.parseBlock(untilAny: ["endfor", "else"]) }
    var alternative = Body([])
    let hasAlternative = isName("else")
    advance()
    if hasAlternative { alternative = try parseBlock(until: "endfor") }
    return For(
      target: target, iterable: iterable, condition: condition, isRecursive: isRecursive,
      body: body, alternative: alternative, loopSymbol: symbol("loop"), line: line)
  }

  mutating func parseIf() throws -> any Statement {
    var branches: [(condition: any Expression, line: Int, body: Body)] = []
    repeat {
      let line = line
      let condition = try parseTuple(withConditional: false)
      branches.append((condition, line, try parseBlock(untilAny: ["elif", "else", "endif"])))
    } while skip(name: "elif")
    let hasAlternative = isName("else")
    advance()
    return If(branches, hasAlternative ? try parseBlock(until: "endif") : Body([]))
  }

  mutating func parseSet(line: Int) throws -> any Statement {
    let target = try parseTarget(withNamespace: true)
    if skip(.assign) { return Assignment(target, try parseTuple(), line: line) }
    let filter = isSymbol(.pipe) ? try parseFilters(nil) as? FilterCall : nil
    return Capture(target, filter, try parseBlock(until: "endset"), line: line)
  }

  mutating func parseWith(line: Int) throws -> any Statement {
    var assignments: [(target: Target, value: any Expression)] = []
    while current.kind != .blockEnd {
      if !assignments.isEmpty { try expect(.comma) }
      let target = try parseTarget()
      try expect(.assign)
      assignments.append((target, try parseExpression()))
    }
    return With(assignments, try parseBlock(until: "endwith"), line: line)
  }

  mutating func parseFilterBlock(line: Int) throws -> any Statement {
    let filter = try parseFilters(nil, startsInline: true) as? FilterCall
    return Capture(nil, filter, try parseBlock(until: "endfilter"), line: line)
  }

  mutating func parsePrint(line: Int) throws -> [any Statement] {
    var outputs: [any Statement] = []
    while current.kind != .blockEnd {
      if !outputs.isEmpty { try expect(.comma) }
      outputs.append(Output(try parseExpression(), line: line))
    }
    return outputs
  }

  mutating func parseNamedBlock() throws -> any Statement {
    let name = try expectName()
    let isScoped = skip(name: "scoped")
    _ = skip(name: "required")
    let body = try outsideLoops { try $0.parseBlock(until: "endblock") }
    _ = skip(name: name)
    return Scoped(body, isFromRoot: !isScoped)
  }

  mutating func parseAutoescape() throws -> any Statement {
    _ = try parseExpression()
    return Scoped(try parseBlock(until: "endautoescape"), isFromRoot: false)
  }

  mutating func parseOtherTemplate(_ tag: String, line: Int) throws -> any Statement {
    while current.kind != .blockEnd, current.kind != .end { advance() }
    return OtherTemplate(tag, line: line)
  }
}

// MARK: - Macros

extension Parser {
  typealias Parameter = (name: String, symbol: Int, fallback: (any Expression)?)

  mutating func parseMacro() throws -> any Statement {
    let name = try expectName()
    let parameters = try parseParameters()
    let definition = try parseMacroBody(name: name, parameters, until: "endmacro")
    return MacroStatement(definition, symbol(name))
  }

  mutating func parseCallBlock(line: Int) throws -> any Statement {
    let parameters = isSymbol(.openParenthesis) ? try parseParameters() : []
    guard let call = try parseExpression() as? Call else { throw fail("expected call", line: line) }
    let definition = try parseMacroBody(name: nil, parameters, until: "endcall")
    return CallBlock(call, definition, line: line)
  }

  private mutating func parseParameters() throws -> [Parameter] {
    try expect(.openParenthesis)
    var parameters: [Parameter] = []
    while !isSymbol(.closeParenthesis) {
      if !parameters.isEmpty { try expect(.comma) }
      let name = try expectName()
      let fallback = skip(.assign) ? try parseExpression() : nil
      if fallback == nil, parameters.last?.fallback != nil {
        throw fail("non-default argument follows default argument")
      }
      parameters.append((name, symbol(name), fallback))
    }
    try expect(.closeParenthesis)
    return parameters
  }

  private mutating func parseMacroBody(
    name: String?, _ parameters: [Parameter], until end: String
  ) throws -> MacroDefinition {
    let start = mark
    let body = try outsideLoops { try $0.parseBlock(until: end) }
    let mentioned = names(since: start)
    let declared = Set(parameters.map(\.name))
    func special(_ name: String) -> Int? {
      mentioned.contains(name) && !declared.contains(name) ? symbols[name] : nil
    }
    return MacroDefinition(
      name: name, parameters: parameters, body: body, callerSymbol: special("caller"),
      listSymbol: special("varargs"), mappingSymbol: special("kwargs"))
  }
}

// MARK: - Targets

extension Parser {
  /// What stands left of `=` or `in`: names, possibly several in a tuple.
  mutating func parseTarget(
    withNamespace: Bool = false, endingBefore end: String? = nil
  ) throws -> Target {
    var targets: [Target] = []
    var isTuple = false
    while true {
      if let end, isName(end) { break }
      if current.kind == .blockEnd || isSymbol(.closeParenthesis) { break }
      targets.append(try parseSingleTarget(withNamespace: withNamespace))
      guard skip(.comma) else { break }
      isTuple = true
    }
    if let first = targets.first, !isTuple { return first }
    guard isTuple else { throw fail("Expected an expression, got '\(current.description)'") }
    return .tuple(targets)
  }

  private mutating func parseSingleTarget(withNamespace: Bool) throws -> Target {
    if skip(.openParenthesis) {
      let target = try nested { try $0.parseTarget(withNamespace: withNamespace) }
      try expect(.closeParenthesis)
      return target
    }
    guard case .name(let name) = current.kind else {
      throw fail("can't assign to '\(current.description)'")
    }
    let reserved: Set = ["true", "false", "none", "True", "False", "None"]
    guard !reserved.contains(name) else { throw fail("can't assign to '\(name)'") }
    advance()
    if withNamespace, skip(.dot) {
      return .attribute(namespace: Name(name, symbol(name)), name: try expectName())
    }
    return .name(symbol(name))
  }
}
