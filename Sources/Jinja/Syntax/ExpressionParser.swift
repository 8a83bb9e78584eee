/// Expressions, from the loosest binding operator to the tightest.

extension Parser {
  mutating func parseExpression(withConditional: Bool = true) throws -> any Expression {
    try nested { try withConditional ? $0.parseConditional() : $0.parseOr() }
  }

  private mutating func parseConditional() throws -> any Expression {
    var line = line
    var value = try parseOr()
    while skip(name: "if") {
      let condition = try parseOr()
      let alternative = skip(name: "else") ? try nested { try $0.parseConditional() } : nil
      value = try checked(Conditional(condition, value, alternative, line: line))
      line = self.line
    }
    return value
  }

  private mutating func parseOr() throws -> any Expression {
    var left = try parseAnd()
    while skip(name: "or") { left = try checked(Logical(left, try parseAnd(), isAnd: false)) }
    return left
  }

  private mutating func parseAnd() throws -> any Expression {
    var left = try parseNot()
    while skip(name: "and") { left = try checked(Logical(left, try parseNot(), isAnd: true)) }
    return left
  }

  private mutating func parseNot() throws -> any Expression {
    if skip(name: "not") { return Not(try nested { try $0.parseNot() }) }
    return try parseComparison()
  }

  private mutating func parseComparison() throws -> any Expression {
    let line = line
    let first = try parseSum()
    var rest: [(operation: Comparison.Operator, operand: any Expression)] = []
    while let operation = parseComparisonOperator() { rest.append((operation, try parseSum())) }
    return rest.isEmpty ? first : Comparison(first, rest, line: line)
  }

  private mutating func parseComparisonOperator() -> Comparison.Operator? {
    if case .symbol(let symbol) = current.kind,
      let operation = Comparison.Operator(rawValue: symbol.rawValue)
    {
      advance()
      return operation
    }
    if skip(name: "in") { return .isIn }
    if isName("not"), next.kind == .name("in") {
      advance()
      advance()
      return .isNotIn
    }
    return nil
  }

  private mutating func parseSum() throws -> any Expression {
    try parseBinary([.add, .subtract]) { try $0.parseConcatenation() }
  }

  private mutating func parseConcatenation() throws -> any Expression {
    var parts = [try parseProduct()]
    while skip(.tilde) { parts.append(try parseProduct()) }
    return parts.count == 1 ? parts[0] : Concatenation(parts)
  }

  private mutating func parseProduct() throws -> any Expression {
    try parseBinary([.multiply, .divide, .floorDivide, .modulo]) { try $0.parsePower() }
  }

  private mutating func parsePower() throws -> any Expression {
    try parseBinary([.power]) { try $0.parseUnary() }
  }

  /// Operands joined by operators of one rank, from left to right.
  private mutating func parseBinary(
    _ operations: [BinaryOperator], _ parseOperand: (inout Parser) throws -> any Expression
  ) throws -> any Expression {
    var left = try parseOperand(&self)
    while case .symbol(let symbol) = current.kind,
      let operation = BinaryOperator(rawValue: symbol.rawValue), operations.contains(operation)
    {
      let line = line
      advance()
      left = try checked(Binary(operation, left, try parseOperand(&self), line: line))
    }
    return left
  }

  private mutating func parseUnary(withFilters: Bool = true) throws -> any Expression {
    var node: any Expression
    if isSymbol(.minus) || isSymbol(.plus) {
      let isNegative = isSymbol(.minus)
      advance()
      let operand = try nested { try $0.parseUnary(withFilters: false) }
      node = Sign(operand, isNegative: isNegative)
    } else {
      node = try parsePrimary()
    }
    node = try parsePostfix(node)
    return withFilters ? try parseFiltersAndTests(node) : node
  }
}

// MARK: - Primary expressions

extension Parser {
  private mutating func parsePrimary() throws -> any Expression {
    switch current.kind {
    case .name(let name):
      advance()
      return constant(name) ?? Name(name, symbol(name))
    case .string: return parseStrings()
    case .integer(let value):
      advance()
      return Constant(.integer(value))
    case .float(let value):
      advance()
      return Constant(.float(value))
    case .symbol(.openParenthesis):
      advance()
      let tuple = try nested { try $0.parseTuple(isParenthesised: true) }
      try expect(.closeParenthesis)
      return tuple
    case .symbol(.openBracket): return try parseList()
    case .symbol(.openBrace): return try parseDictionary()
    default: throw unexpected()
    }
  }

  private func constant(_ name: String) -> Constant? {
    switch name {
    case "true", "True": Constant(.bool(true))
    case "false", "False": Constant(.bool(false))
    case "none", "None": Constant(.none)
    default: nil
    }
  }

  /// String literals that follow each other are one string.
  private mutating func parseStrings() -> any Expression {
    var builder = TextBuilder()
    while case .string(let text) = current.kind {
      builder.append(text)
      advance()
    }
    remember(literal: builder.text)
    return Constant(.string(builder.text))
  }

  /// Expressions with commas between them; one without a comma stands for itself.
  mutating func parseTuple(
    withConditional: Bool = true, endingBefore end: String? = nil, isParenthesised: Bool = false
  ) throws -> any Expression {
    var elements: [any Expression] = []
    var isTuple = false
    while true {
      if current.kind == .variableEnd || current.kind == .blockEnd || isSymbol(.closeParenthesis) {
        break
      }
      if let end, isName(end) { break }
      elements.append(try parseExpression(withConditional: withConditional))
      guard skip(.comma) else { break }
      isTuple = true
    }
    if let first = elements.first, !isTuple { return first }
    guard isTuple || isParenthesised else {
      throw fail("Expected an expression, got '\(current.description)'")
    }
    return Collection(elements, isTuple: true)
  }

  private mutating func parseList() throws -> any Expression {
    try expect(.openBracket)
    var elements: [any Expression] = []
    while !isSymbol(.closeBracket) {
      if !elements.isEmpty {
        try expect(.comma)
        if isSymbol(.closeBracket) { break }
      }
      elements.append(try parseExpression())
    }
    try expect(.closeBracket)
    return Collection(elements, isTuple: false)
  }

  private mutating func parseDictionary() throws -> any Expression {
    try expect(.openBrace)
    var members: [(key: any Expression, value: any Expression)] = []
    while !isSymbol(.closeBrace) {
      if !members.isEmpty {
        try expect(.comma)
        if isSymbol(.closeBrace) { break }
      }
      let key = try parseExpression()
      try expect(.colon)
      members.append((key, try parseExpression()))
    }
    try expect(.closeBrace)
    return DictionaryLiteral(members)
  }
}

// MARK: - Behind an expression

extension Parser {
  /// Attributes, elements and calls.
  private mutating func parsePostfix(_ node: any Expression) throws -> any Expression {
    var node = node
    while true {
      switch current.kind {
      case .symbol(.dot): node = try parseAttribute(node)
      case .symbol(.openBracket): node = try parseElement(node)
      case .symbol(.openParenthesis): node = try parseCall(node)
      default: return node
      }
    }
  }

  private mutating func parseAttribute(_ owner: any Expression) throws -> any Expression {
    let line = line
    advance()
    let token = current
    advance()
    switch token.kind {
    case .name(let name): return try checked(Attribute(owner, AttributeName(name), line: line))
    case .integer(let index):
      return try checked(Element(owner, Constant(.integer(index)), line: line))
    default: throw fail("expected name or number", line: token.line)
    }
  }

  private mutating func parseElement(_ owner: any Expression) throws -> any Expression {
    let line = line
    try expect(.openBracket)
    let first: (any Expression)? = isSymbol(.colon) ? nil : try parseExpression()
    if isSymbol(.colon) {
      let bounds = [first] + (try parseSliceEnd())
      try expect(.closeBracket)
      return try checked(Slice(owner, bounds, line: line))
    }
    guard var key = first else { throw unexpected() }
    if isSymbol(.comma) {
      var keys = [key]
      while skip(.comma) { keys.append(try parseExpression()) }
      key = Collection(keys, isTuple: true)
    }
    try expect(.closeBracket)
    return try checked(Element(owner, key, line: line))
  }

  /// The two bounds of a slice behind the first.
  private mutating func parseSliceEnd() throws -> [(any Expression)?] {
    var bounds: [(any Expression)?] = []
    while bounds.count < 2, skip(.colon) {
      let isEmpty = isSymbol(.colon) || isSymbol(.closeBracket)
      bounds.append(isEmpty ? nil : try parseExpression())
    }
    while bounds.count < 2 { bounds.append(nil) }
    return bounds
  }

  private mutating func parseCall(_ callee: any Expression) throws -> any Expression {
    let line = line
    return try checked(Call(callee, try parseArguments(), line: line))
  }

  private mutating func parseArguments() throws -> ArgumentList {
    let line = line
    let invalid = fail("invalid syntax for function call expression", line: line)
    try expect(.openParenthesis)
    var list = ArgumentList()
    var isFirst = true
    while !isSymbol(.closeParenthesis) {
      if !isFirst {
        try expect(.comma)
        if isSymbol(.closeParenthesis) { break }
      }
      isFirst = false
      if skip(.multiply) {
        guard list.spreadList == nil, list.spreadMapping == nil else { throw invalid }
        list.spreadList = try parseExpression()
      } else if skip(.power) {
        guard list.spreadMapping == nil else { throw invalid }
        list.spreadMapping = try parseExpression()
      } else if case .name(let name) = current.kind, next.kind == .symbol(.assign) {
        guard list.spreadMapping == nil else { throw invalid }
        advance()
        advance()
        list.named.append((name, try parseExpression()))
      } else {
        guard list.spreadList == nil, list.spreadMapping == nil, list.named.isEmpty else {
          throw invalid
        }
        list.positional.append(try parseExpression())
      }
    }
    try expect(.closeParenthesis)
    return list
  }

  private mutating func parseFiltersAndTests(_ node: any Expression) throws -> any Expression {
    var node = node
    while true {
      switch current.kind {
      case .symbol(.pipe): node = try parseFilters(node) ?? node
      case .name("is"): node = try parseTest(node)
      case .symbol(.openParenthesis): node = try parseCall(node)
      default: return node
      }
    }
  }

  /// `| name(arguments)` as often as it stands there; nil for an empty chain on nothing.
  mutating func parseFilters(
    _ node: (any Expression)?, startsInline: Bool = false
  ) throws -> (any Expression)? {
    var node = node
    var isFirst = startsInline
    while isFirst || isSymbol(.pipe) {
      if !isFirst { advance() }
      isFirst = false
      let line = line
      let name = try parseDottedName()
      let arguments = isSymbol(.openParenthesis) ? try parseArguments() : ArgumentList()
      node = try checked(FilterCall(node, name, arguments, line: line))
    }
    return node
  }

  private mutating func parseDottedName() throws -> String {
    var name = try expectName()
    while skip(.dot) { name += "." + (try expectName()) }
    return name
  }

  private mutating func parseTest(_ node: any Expression) throws -> any Expression {
    let line = line
    advance()
    let isNegated = skip(name: "not")
    let name = try parseDottedName()
    var arguments = ArgumentList()
    if isSymbol(.openParenthesis) {
      arguments = try parseArguments()
    } else if startsTestArgument {
      if isName("is") { throw fail("You cannot chain multiple tests with is") }
      let argument = try nested { parser in
        let primary = try parser.parsePrimary()
        return try parser.parsePostfix(primary)
      }
      arguments.positional = [argument]
    }
    let test = try checked(TestCall(node, name, arguments, line: line))
    return isNegated ? try checked(Not(test)) : test
  }

  private var startsTestArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .integer, .float: true
    case .symbol(let symbol): symbol == .openBracket || symbol == .openBrace
    default: false
    }
  }
}
