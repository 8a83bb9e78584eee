import JSON

/// Keywords that give a choice: each is multiplied out with the facets beside it.
extension SchemaCompiler {
  /// The choice that the first such keyword gives; nil where no facet has one.
  mutating func alternatives(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part? {
    for (index, facet) in facets.enumerated() {
      guard let (keywords, branches) = try branches(of: facet) else { continue }
      var rest = facets
      rest[index] = keywords.reduce(facet) { $0.without($1) }
      if keywords == ["oneOf"] { try checkExclusive(branches, rest, facet) }
      var parts: [GrammarBuilder.Part] = []
      for branch in branches {
        guard let added = try self.facets(branch.path, branch.schema) else { continue }
        parts.append(try part(rest + added))
      }
      return builder.choice(parts)
    }
    return nil
  }

  typealias Branch = (path: String, schema: JSON)

  /// The first keyword of a facet that gives a choice, and the choices.
  private func branches(
    of facet: Facet
  ) throws(GrammarError) -> (keywords: [String], branches: [Branch])? {
    for keyword in ["anyOf", "oneOf"] {
      guard let list = facet[keyword]?.array else { continue }
      return ([keyword], list.enumerated().map { ("\(facet.path)/\(keyword)/\($0)", $1) })
    }
    if let schema = facet["not"] {
      let negated = try Negation(document).negations(of: schema, path: facet.path + "/not")
      return (["not"], numbered(negated, facet.path + "/not"))
    }
    if let condition = facet["if"], facet["then"] != nil || facet["else"] != nil {
      return (["if", "then", "else"], try conditional(condition, facet))
    }
    if let dependencies = facet["dependentRequired"]?.object, let first = dependencies.members.first
    {
      return (
        ["dependentRequired"],
        dependent(first.key, ["required": first.value], "dependentRequired", dependencies, facet)
      )
    }
    if let dependencies = facet["dependentSchemas"]?.object, let first = dependencies.members.first
    {
      return (
        ["dependentSchemas"],
        dependent(first.key, first.value, "dependentSchemas", dependencies, facet)
      )
    }
    return nil
  }

  /// Schemas made here, under paths of their own.
  private func numbered(_ schemas: [JSON], _ path: String) -> [Branch] {
    schemas.enumerated().map { ("\(path)/\u{1}\($0)", $1) }
  }

  private func conditional(_ condition: JSON, _ facet: Facet) throws(GrammarError) -> [Branch] {
    let negated = try Negation(document).negations(of: condition, path: facet.path + "/if")
    var schemas: [JSON] = [["allOf": [condition, facet["then"] ?? true]]]
    for schema in negated { schemas.append(["allOf": [schema, facet["else"] ?? true]]) }
    return numbered(schemas, facet.path + "/if")
  }

  /// Without the key, or with it and what it asks for; the other keys' dependencies remain.
  private func dependent(
    _ key: String, _ schema: JSON, _ keyword: String, _ all: JSONObject, _ facet: Facet
  ) -> [Branch] {
    let absent: JSON = [
      "properties": .object(JSONObject([(key: key, value: JSON.bool(false))]))
    ]
    let rest = JSONObject(all.members.dropFirst().map { (key: $0.key, value: $0.value) })
    let others: JSON =
      rest.isEmpty ? true : .object(JSONObject([(key: keyword, value: JSON.object(rest))]))
    let present: JSON = ["required": [.string(key)]]
    return numbered(
      [["allOf": [absent, others]], ["allOf": [present, schema, others]]],
      "\(facet.path)/\(keyword)")
  }
}

// MARK: - Exclusive alternatives

extension SchemaCompiler {
  /// Refuses `oneOf` unless it is clear that no value satisfies two branches.
  private mutating func checkExclusive(
    _ branches: [Branch], _ rest: [Facet], _ facet: Facet
  ) throws(GrammarError) {
    var all: [[Facet]] = []
    for branch in branches {
      guard let added = try facets(branch.path, branch.schema),
        let flat = try flatten(rest + added)
      else { continue }
      all.append(flat)
    }
    guard all.count <= 256 else { throw facet.unsupported("oneOf", "it has too many branches") }
    for (index, first) in all.enumerated() {
      for second in all[(index + 1)...] {
        if try !areExclusive(first, second) {
          throw facet.unsupported(
            "oneOf",
            "its branches can't be told apart; use 'anyOf', or give them different types or a"
              + " required property with different constants")
        }
      }
    }
  }

  private mutating func areExclusive(
    _ first: [Facet], _ second: [Facet]
  ) throws(GrammarError) -> Bool {
    let validator = SchemaValidator(document)
    if let values = Self.constants(first) {
      var accepted = false
      for value in values where try validator.accepts(value, first) {
        if try validator.accepts(value, second) { accepted = true }
      }
      return !accepted
    }
    if Self.constants(second) != nil { return try areExclusive(second, first) }
    let types = SchemaTypes(first).intersection(SchemaTypes(second))
    for type in types.ordered {
      switch type {
      case .string:
        let (left, right) = (try string(first), try string(second))
        if try !areDisjoint(left, right) { return false }
      case .integer, .number:
        let left = try number(first, isInteger: type == .integer, comparedWith: second)
        let right = try number(second, isInteger: type == .integer, comparedWith: first)
        if try !areDisjoint(left, right) { return false }
      case .object: if try !areExclusiveObjects(first, second) { return false }
      case .null, .boolean, .array: return false
      }
    }
    return true
  }

  private mutating func areDisjoint(
    _ first: Expression, _ second: Expression
  ) throws(GrammarError) -> Bool {
    let both = builder.pool.both(first, second)
    let isDead = builder.pool.isDead(both)
    try builder.checkSize()
    return isDead
  }

  /// Whether a property that both require is different, or one forbids what the other requires.
  private mutating func areExclusiveObjects(
    _ first: [Facet], _ second: [Facet]
  ) throws(GrammarError) -> Bool {
    let left = ObjectRules(first)
    let right = ObjectRules(second)
    for key in left.required.union(right.required) {
      let leftValue = try left.value(of: key, self)
      let rightValue = try right.value(of: key, self)
      if left.required.contains(key), rightValue == nil { return true }
      if right.required.contains(key), leftValue == nil { return true }
      guard left.required.contains(key), right.required.contains(key), let leftValue, let rightValue
      else { continue }
      // Objects in objects might go on without end.
      let isConstant = Self.constants(leftValue) != nil || Self.constants(rightValue) != nil
      let types = SchemaTypes(leftValue).intersection(SchemaTypes(rightValue))
      guard isConstant || !types.contains(.object) else { continue }
      if try areExclusive(leftValue, rightValue) { return true }
    }
    return false
  }

  /// The values that `const` or `enum` allows; nil where there is neither.
  static func constants(_ facets: [Facet]) -> [JSON]? {
    for facet in facets {
      if let value = facet["const"] { return [value] }
      if let values = facet["enum"]?.array { return values }
    }
    return nil
  }

  /// The facets without the keyword that `constants` takes its values from, which all of them
  /// satisfy.
  static func withoutConstants(_ facets: [Facet]) -> [Facet] {
    var result = facets
    for (index, facet) in facets.enumerated() {
      for keyword in ["const", "enum"] where facet[keyword] != nil {
        result[index] = facet.without(keyword)
        return result
      }
    }
    return result
  }
}
