import JSON

/// Objects: properties in the order of the schemas, then others where they are allowed.
extension SchemaCompiler {
  /// A property that may come at its place.
  private struct Member {
    let part: GrammarBuilder.Part
    let isRequired: Bool
  }

  /// How many properties an object may have.
  private struct Count {
    var minimum = 0
    var maximum: Int?
    var isFree: Bool { minimum == 0 && maximum == nil }
  }

  mutating func object(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part {
    let rules = ObjectRules(facets)
    if notation.members?.repeatsKeys == true, rules.keys.isEmpty, !rules.forbidsOthers {
      return try json(facets)
    }
    var members: [Member] = []
    for key in rules.keys {
      guard let value = try rules.value(of: key, self), !isExcluded(key) else {
        if rules.required.contains(key) { return builder.never }
        continue
      }
      guard let part = try member(key, value) else {
        guard rules.required.contains(key), let facet = facets.first else { continue }
        throw facet.unsupported(
          "properties", "this model's calls have no way to write the name '\(key)'")
      }
      members.append(Member(part: part, isRequired: rules.required.contains(key)))
    }
    let other = try otherMember(rules)
    let count = try count(facets)
    if count.minimum > members.count + 1, other != nil,
      let facet = facets.first(where: {
        $0["minProperties"] != nil
      })
    {
      // Nothing keeps undeclared names apart, and equal ones are one property.
      throw facet.unsupported(
        "minProperties", "only one undeclared property can be counted on; declare the others")
    }
    let content =
      count.isFree
      ? content(members, other) : try counted(members, other, count)
    return bracketed(content)
  }

  /// What stands between two members.
  private mutating func memberSeparator() -> GrammarBuilder.Part {
    notation.members.map { builder.template($0.separator) } ?? punctuation.comma
  }

  private mutating func bracketed(_ content: GrammarBuilder.Part) -> GrammarBuilder.Part {
    guard let members = notation.members else {
      return builder.sequence([punctuation.openObject, content, punctuation.closeObject])
    }
    let (open, close) = (builder.template(members.open), builder.template(members.close))
    return builder.sequence([open, content, close])
  }

  /// A declared property; nil where its name can't be written.
  private mutating func member(
    _ key: String, _ value: [Facet]
  ) throws(GrammarError) -> GrammarBuilder.Part? {
    guard let members = notation.members else {
      let name = builder.pool.literal(Self.spelling(key))
      let head = builder.pool.concatenation(quoted(name), punctuation.colon)
      return builder.sequence([builder.terminal(head), try inner(value)])
    }
    let names = try builder.expression(members.keys)
    guard builder.pool.matches(names, key.utf8) else { return nil }
    let head = builder.template(members.head.replacing("KEY", with: key))
    let end = builder.template(members.end.replacing("KEY", with: key))
    return builder.sequence([head, try inner(value), end])
  }

  private func isExcluded(_ key: String) -> Bool {
    if options.excludedTexts.isEmpty { return false }
    let text = String(decoding: Self.spelling(key), as: UTF8.self)
    return options.excludedTexts.contains { text.contains($0) }
  }

  private func count(_ facets: [Facet]) throws(GrammarError) -> Count {
    var result = Count()
    for facet in facets {
      if let value = try count("minProperties", facet) {
        result.minimum = max(result.minimum, value)
      }
      if try facet.excludes(empty: .object(JSONObject())) {
        result.minimum = max(result.minimum, 1)
      }
      if let value = try count("maxProperties", facet) {
        result.maximum = min(result.maximum ?? value, value)
      }
    }
    return result
  }

  /// The members from each place on, made from the last to the first.
  private mutating func content(
    _ members: [Member], _ other: GrammarBuilder.Part?
  ) -> GrammarBuilder.Part {
    let comma = memberSeparator()
    var behindFirst = builder.empty
    var first = builder.empty
    if let other {
      behindFirst = builder.repetition(builder.sequence([comma, other]), 0, nil)
      first = builder.optional(builder.sequence([other, behindFirst]))
    }
    for member in members.reversed() {
      let leading = builder.sequence([member.part, behindFirst])
      let following = builder.sequence([comma, member.part, behindFirst])
      first = member.isRequired ? leading : builder.choice([leading, first])
      behindFirst = member.isRequired ? following : builder.choice([following, behindFirst])
    }
    return first
  }

  /// The same where the number of members is bounded.
  private mutating func counted(
    _ members: [Member], _ other: GrammarBuilder.Part?, _ count: Count
  ) throws(GrammarError) -> GrammarBuilder.Part {
    // More than this makes no difference.
    let most = min(count.maximum ?? count.minimum, max(count.minimum, members.count + 1))
    guard (members.count + 1) * (most + 2) <= builder.limits.nodes / 4 else {
      throw .tooLarge("an object has too many properties to count")
    }
    let separator = memberSeparator()
    var behind = (0...most + 1).map { others(other, behind: $0, count, separator) }
    for member in members.reversed() {
      var next: [GrammarBuilder.Part] = []
      for taken in 0...most + 1 {
        let isFull = count.maximum.map { taken >= $0 } ?? false
        let comma = taken == 0 ? [] : [separator]
        let with =
          isFull
          ? builder.never
          : builder.sequence(comma + [member.part, behind[min(taken + 1, most + 1)]])
        next.append(member.isRequired ? with : builder.choice([with, behind[taken]]))
      }
      behind = next
    }
    return behind[0]
  }

  /// Undeclared members behind so many declared ones.
  private mutating func others(
    _ other: GrammarBuilder.Part?, behind taken: Int, _ count: Count,
    _ separator: GrammarBuilder.Part
  ) -> GrammarBuilder.Part {
    let minimum = max(0, count.minimum - taken)
    let maximum = count.maximum.map { $0 - taken }
    guard minimum <= (other == nil ? 0 : 1), (maximum ?? 0) >= 0 else { return builder.never }
    guard let other, maximum != 0 else { return minimum == 0 ? builder.empty : builder.never }
    let following = builder.sequence([separator, other])
    if taken > 0 { return builder.repetition(following, minimum, maximum) }
    let all = builder.sequence([other, builder.repetition(following, 0, maximum.map { $0 - 1 })])
    return minimum == 0 ? builder.optional(all) : all
  }
}

// MARK: - Undeclared properties

extension SchemaCompiler {
  /// Keys of one kind, and what their values must satisfy.
  private struct KeyClass {
    var languages: [Expression]
    var values: [Facet]
  }

  private static let mostClasses = 64

  /// A property that no schema declares; nil where there can be none.
  private mutating func otherMember(_ rules: ObjectRules) throws(GrammarError)
    -> GrammarBuilder.Part?
  {
    if rules.isClosed(options) || notation.members?.repeatsKeys == true { return nil }
    var classes = [KeyClass(languages: [], values: [])]
    for key in rules.keys {
      let literal = builder.pool.literal(Self.spelling(key))
      classes[0].languages.append(builder.pool.complement(literal))
    }
    for facet in rules.facets {
      if let names = facet["propertyNames"] {
        guard let language = try names == false ? nil : keyLanguage(names, facet) else {
          return nil
        }
        for index in classes.indices { classes[index].languages.append(language) }
      }
      classes = try split(classes, facet, among: rules.facets)
      guard classes.count <= Self.mostClasses else {
        throw facet.unsupported("patternProperties", "there are too many patterns")
      }
    }
    var parts: [GrammarBuilder.Part] = []
    for entry in classes {
      if let part = try otherMember(entry) { parts.append(part) }
    }
    return parts.isEmpty ? nil : builder.choice(parts)
  }

  /// A property whose name is in a class; nil where there is no such name.
  private mutating func otherMember(_ entry: KeyClass) throws(GrammarError) -> GrammarBuilder.Part?
  {
    guard let members = notation.members else {
      let key = entry.languages.isEmpty ? anyKey() : key(entry.languages)
      guard key != ExpressionPool.never else { return nil }
      let head = builder.pool.concatenation(key, punctuation.colon)
      return builder.sequence([builder.terminal(head), try inner(entry.values)])
    }
    // Names that can be written are spelled as in JSON.
    let names = try builder.expression(members.keys)
    let key = live(builder.pool.both([names] + entry.languages))
    guard key != ExpressionPool.never else { return nil }
    var parts: [GrammarBuilder.Part] = []
    for (index, text) in members.head.split(by: "KEY").enumerated() {
      if index > 0 { parts.append(builder.terminal(key)) }
      parts.append(builder.template(text))
    }
    return builder.sequence(parts + [try inner(entry.values), builder.template(members.end)])
  }

  /// Strings that `propertyNames` allows, without quotes.
  private mutating func keyLanguage(
    _ schema: JSON, _ facet: Facet
  ) throws(GrammarError) -> Expression? {
    guard let facets = try facets(facet.path + "/propertyNames", schema),
      let flat = try flatten(facets)
    else { return nil }
    if let values = Self.constants(flat) {
      let validator = SchemaValidator(document)
      var texts: [[UInt8]] = []
      for value in values where try validator.accepts(value, Self.withoutConstants(flat)) {
        guard let text = value.string else { continue }
        texts.append(Self.spelling(text))
      }
      return builder.pool.literals(texts)
    }
    for facet in flat {
      for keyword in ["anyOf", "oneOf", "not", "if"] where facet[keyword] != nil {
        throw facet.unsupported(keyword, "names of properties can't have alternatives")
      }
    }
    guard SchemaTypes(flat).contains(.string) else { return nil }
    // Once more as a key, which has each character in one spelling.
    let anything: JSON = ["pattern": ""]
    let spelled =
      flat + [
        Facet(path: facet.path + "/propertyNames/\u{1}", keywords: anything.object ?? JSONObject())
      ]
    return builder.pool.unquoted(try string(spelled))
  }

  /// The classes, divided by the patterns of a facet.
  private mutating func split(
    _ classes: [KeyClass], _ facet: Facet, among facets: [Facet]
  ) throws(GrammarError) -> [KeyClass] {
    var classes = classes.map { (entry: $0, isMatched: false) }
    for (pattern, schema) in facet["patternProperties"]?.object ?? JSONObject() {
      // Keys are intersected with it, or with its complement.
      let language = try self.pattern(pattern, "patternProperties", .json, facet, isOpen: true)
      let path = facet.path + "/patternProperties/" + SchemaDocument.escaped(pattern)
      let values = try self.facets(path, schema)
      var next: [(entry: KeyClass, isMatched: Bool)] = []
      for (entry, isMatched) in classes {
        var outside = entry
        outside.languages.append(builder.pool.complement(language))
        next.append((outside, isMatched))
        guard let values else { continue }
        var inside = entry
        inside.languages.append(language)
        inside.values += values
        next.append((inside, true))
      }
      classes = next
      guard classes.count <= Self.mostClasses else { break }
    }
    var keyword = "additionalProperties"
    if facet[keyword] == nil, facet["unevaluatedProperties"] != nil {
      try checkedEvaluation(of: facet, among: facets)
      keyword = "unevaluatedProperties"
    }
    guard let schema = facet[keyword] else { return classes.map(\.entry) }
    let values = try self.facets(facet.path + "/" + keyword, schema)
    return classes.compactMap { entry, isMatched in
      if isMatched { return entry }
      guard let values else { return nil }
      return KeyClass(languages: entry.languages, values: entry.values + values)
    }
  }
}

extension ExpressionPool {
  /// What stands between the quotes of a string's expression.
  mutating func unquoted(_ expression: Expression) -> Expression {
    let rest = liveDerivative(expression, UInt8(ascii: "\""))
    let node = self[rest]
    return node.kind == .concatenation && isQuote(node.second) ? node.first : ExpressionPool.never
  }
}
