import JSON

/// Facets without alternatives, merged type by type.
extension SchemaCompiler {
  mutating func merged(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part {
    for facet in facets { try SchemaTypes.check(facet) }
    if let values = Self.constants(facets) { return try constant(values, facets) }
    var parts: [GrammarBuilder.Part] = []
    for type in SchemaTypes(facets).distinct {
      switch type {
      case .object: parts.append(try object(facets))
      case .array: parts.append(try array(facets))
      case .string: parts.append(builder.terminal(try string(facets)))
      case .number: parts.append(builder.terminal(try number(facets, isInteger: false)))
      case .integer: parts.append(builder.terminal(try number(facets, isInteger: true)))
      case .boolean:
        parts += try words([("true", true), ("false", false)], facets)
      case .null: parts += try words([("null", .null)], facets)
      }
    }
    return builder.choice(parts)
  }

  private mutating func words(
    _ words: [(text: String, value: JSON)], _ facets: [Facet]
  ) throws(GrammarError) -> [GrammarBuilder.Part] {
    let excluded = facets.flatMap { $0[SchemaKeywords.notEnum]?.array ?? [] }
    return words.filter { word in !excluded.contains { $0 == word.value } }.map {
      builder.literal($0.text)
    }
  }

  /// Those of the values that the facets accept.
  private mutating func constant(
    _ values: [JSON], _ facets: [Facet]
  ) throws(GrammarError) -> GrammarBuilder.Part {
    let validator = SchemaValidator(document)
    var expressions: [Expression] = []
    for value in values where try validator.accepts(value, facets) {
      for text in literals(value) { expressions.append(builder.pool.literal(text)) }
    }
    return builder.terminal(builder.pool.either(expressions))
  }

  /// The ways in which a constant is written.
  private func literals(_ value: JSON) -> [String] {
    var styles: [JSON.Style]
    switch options.whitespace {
    case .compact: styles = [.compact]
    case .spaced: styles = [.spaced]
    case .flexible: styles = [.compact, .spaced]
    }
    if value.array == nil, value.object == nil { styles = [.compact] }
    return styles.map { value.text(style: $0) }.filter { text in
      !options.excludedTexts.contains { text.contains($0) }
    }
  }

  /// The constants of facets at most so many; nil where their values aren't constants.
  mutating func constantTexts(_ facets: [Facet]) throws(GrammarError) -> [String]? {
    guard let flat = try flatten(facets), let values = Self.constants(flat) else { return nil }
    let validator = SchemaValidator(document)
    var result: [String] = []
    for value in values where try validator.accepts(value, flat) {
      result += literals(value).prefix(1)
    }
    return result
  }
}
