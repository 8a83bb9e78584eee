import JSON

/// Arrays: elements by place, then others, within bounds.
extension SchemaCompiler {
  /// What facets say of an array's elements, taken together.
  private struct ArrayRules {
    /// The elements whose places have schemas of their own.
    var prefix: [[Facet]] = []
    var rest: [Facet] = []
    var minimum = 0
    var maximum: Int?
    var isUnique: Facet?

    mutating func limit(_ count: Int) { maximum = min(maximum ?? count, count) }
  }

  private static let longestPrefix = 1000
  private static let mostUniqueValues = 8

  mutating func array(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part {
    let rules = try arrayRules(facets)
    if let maximum = rules.maximum, maximum < rules.minimum { return builder.never }
    let content: GrammarBuilder.Part
    if let facet = rules.isUnique, rules.maximum.map({ $0 > 1 }) ?? true {
      content = try unique(rules, facet)
    } else {
      content = try elements(rules)
    }
    guard let items = notation.items else {
      return builder.sequence([punctuation.openArray, content, punctuation.closeArray])
    }
    let (open, close) = (builder.template(items.open), builder.template(items.close))
    return builder.sequence([open, content, close])
  }

  /// What stands between two elements.
  private mutating func elementSeparator() -> GrammarBuilder.Part {
    notation.items.map { builder.template($0.separator) } ?? punctuation.comma
  }

  private mutating func element(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part {
    let value = try inner(facets)
    guard let items = notation.items else { return value }
    return builder.sequence([builder.template(items.begin), value, builder.template(items.end)])
  }

  private func arrayRules(_ facets: [Facet]) throws(GrammarError) -> ArrayRules {
    var rules = ArrayRules()
    for facet in facets {
      if let value = try count("minItems", facet) { rules.minimum = max(rules.minimum, value) }
      if try facet.excludes(empty: []) { rules.minimum = max(rules.minimum, 1) }
      if let value = try count("maxItems", facet) { rules.limit(value) }
      if facet["uniqueItems"]?.bool == true { rules.isUnique = facet }
      if facet["contains"] != nil,
        try count("minContains", facet) != 0
          || facet["maxContains"] != nil
      {
        throw facet.unsupported("contains", "use 'items' or 'prefixItems'")
      }
    }
    let length = facets.map { Self.prefix($0).schemas.count }.max() ?? 0
    guard length <= Self.longestPrefix else { throw .tooLarge("'prefixItems' is too long") }
    for place in 0..<length {
      var all: [Facet] = []
      for facet in facets {
        guard let schema = Self.element(place, facet) else { continue }
        guard let added = try self.facets(schema.path, schema.schema) else {
          rules.limit(place)
          continue
        }
        all += added
      }
      rules.prefix.append(all)
    }
    for facet in facets {
      guard let schema = Self.element(length, facet) else { continue }
      guard let added = try self.facets(schema.path, schema.schema) else {
        rules.limit(length)
        continue
      }
      rules.rest += added
    }
    return rules
  }

  /// The schemas by place, and the keyword they stand under: drafts before 2020-12 had them in
  /// `items`.
  private static func prefix(_ facet: Facet) -> (keyword: String, schemas: [JSON]) {
    if let schemas = facet["items"]?.array { return ("items", schemas) }
    return ("prefixItems", facet["prefixItems"]?.array ?? [])
  }

  /// What a facet asks of the element at a place.
  private static func element(_ place: Int, _ facet: Facet) -> (path: String, schema: JSON)? {
    let (keyword, schemas) = prefix(facet)
    if place < schemas.count { return ("\(facet.path)/\(keyword)/\(place)", schemas[place]) }
    let rest = keyword == "items" ? "additionalItems" : "items"
    return facet[rest].map { ("\(facet.path)/\(rest)", $0) }
  }

  private mutating func elements(_ rules: ArrayRules) throws(GrammarError) -> GrammarBuilder.Part {
    let length = rules.prefix.count
    if let maximum = rules.maximum, maximum == 0 { return builder.empty }
    var rest = builder.empty
    if rules.maximum.map({ $0 > length }) ?? true {
      let element = try element(rules.rest)
      let minimum = max(0, rules.minimum - length)
      let maximum = rules.maximum.map { $0 - length }
      let following = builder.sequence([elementSeparator(), element])
      if length > 0 {
        rest = builder.repetition(following, minimum, maximum)
      } else {
        let more = builder.repetition(following, max(0, minimum - 1), maximum.map { $0 - 1 })
        let all = builder.sequence([element, more])
        rest = minimum == 0 ? builder.optional(all) : all
      }
    }
    for place in rules.prefix.indices.reversed() {
      if let maximum = rules.maximum, place >= maximum { continue }
      let element = try element(rules.prefix[place])
      let comma = place == 0 ? [] : [elementSeparator()]
      let all = builder.sequence(comma + [element, rest])
      rest = place < rules.minimum ? all : builder.optional(all)
    }
    return rest
  }

  /// The schemas without those of constants that are the same value once more, as 1.0 is 1.
  private static func distinct(_ constants: [JSONObject]) -> [JSONObject] {
    constants.indices.filter { place in
      !constants[..<place].contains { $0["const"] == constants[place]["const"] }
    }.map { constants[$0] }
  }

  /// Elements that all differ: each constant once.
  private mutating func unique(
    _ rules: ArrayRules, _ facet: Facet
  ) throws(GrammarError) -> GrammarBuilder.Part {
    guard rules.prefix.isEmpty, let constants = try constants(of: rules.rest).map(Self.distinct),
      constants.count <= Self.mostUniqueValues
    else {
      throw facet.unsupported(
        "uniqueItems", "only elements with up to \(Self.mostUniqueValues) constants can be")
    }
    var values: [GrammarBuilder.Part] = []
    for (place, value) in constants.enumerated() {
      let facet = Facet(path: "\(facet.path)/\u{1}unique/\(place)", keywords: value)
      values.append(try element([facet]))
    }
    let all = 1 << values.count
    // behind[used]: what may follow the elements used so far. Sets with more come first.
    var behind = [GrammarBuilder.Part](repeating: builder.never, count: all)
    for used in (0..<all).reversed() {
      var choices: [GrammarBuilder.Part] = []
      if used.nonzeroBitCount >= rules.minimum { choices.append(builder.empty) }
      let isFull = rules.maximum.map { used.nonzeroBitCount >= $0 } ?? false
      for (index, value) in values.enumerated() where used & (1 << index) == 0 && !isFull {
        let comma = used == 0 ? [] : [elementSeparator()]
        choices.append(builder.sequence(comma + [value, behind[used | 1 << index]]))
      }
      behind[used] = choices.isEmpty ? builder.never : builder.choice(choices)
    }
    return behind[0]
  }
}
