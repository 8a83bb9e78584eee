import JSON

/// Facets without alternatives, merged type by type.
extension SchemaCompiler {
  mutating func merged(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part {
    for facet in facets { try SchemaTypes.check(facet) }
    if let values = Self.constants(facets) { return try constant(values, facets) }
    var parts: [GrammarBuilder.Part] = []
    for type in SchemaTypes(facets).distinct {
      parts += try values(type, facets).map { prefixed(type, $0) }
    }
    return builder.choice(parts)
  }

  private mutating func values(
    _ type: ValueKind, _ facets: [Facet]
  ) throws(GrammarError) -> [GrammarBuilder.Part] {
    switch type {
    case .object: return [try object(facets)]
    case .array: return [try array(facets)]
    case .string: return [try text(facets)]
    case .number: return [builder.terminal(try number(facets, isInteger: false))]
    case .integer: return [builder.terminal(try number(facets, isInteger: true))]
    case .boolean: return words([true, false], facets)
    case .null: return words([.null], facets)
    }
  }

  /// A value behind what the notation has before values of its kind.
  private mutating func prefixed(
    _ kind: ValueKind, _ part: GrammarBuilder.Part
  ) -> GrammarBuilder.Part {
    let prefix = notation.prefix(kind)
    return prefix.isEmpty ? part : builder.sequence([builder.template(prefix), part])
  }

  private mutating func words(_ values: [JSON], _ facets: [Facet]) -> [GrammarBuilder.Part] {
    let excluded = facets.flatMap { $0[SchemaKeywords.notEnum]?.array ?? [] }
    return values.filter { value in !excluded.contains { $0 == value } }.map { word($0) }
  }

  private mutating func word(_ value: JSON) -> GrammarBuilder.Part {
    let text = value.text()
    return builder.choice((notation.words[text] ?? [text]).map { builder.literal($0) })
  }

  /// Those of the values that the facets accept.
  private mutating func constant(
    _ values: [JSON], _ facets: [Facet]
  ) throws(GrammarError) -> GrammarBuilder.Part {
    let validator = SchemaValidator(document)
    let others = Self.withoutConstants(facets)
    guard isJSON else {
      var parts: [GrammarBuilder.Part] = []
      for value in values where try validator.accepts(value, others) {
        parts.append(try constant(value))
      }
      return builder.choice(parts)
    }
    var texts: [[UInt8]] = []
    for value in values where try validator.accepts(value, others) {
      for text in literals(value) { texts.append(Array(text.utf8)) }
    }
    return builder.terminal(builder.pool.literals(texts))
  }

  /// A constant in the notation of its depth: as a schema that accepts nothing else.
  private mutating func constant(_ value: JSON) throws(GrammarError) -> GrammarBuilder.Part {
    let kind = ValueKind(value)
    switch value {
    case .null, .bool: return prefixed(kind, word(value))
    case .integer, .number: return prefixed(kind, builder.literal(value.text()))
    case .string(let text): return prefixed(kind, try constant(text))
    case .array(let elements):
      return prefixed(
        kind, try array([exact(["items": .array(elements.map(Self.constant))], value)]))
    case .object(let object):
      let members = object.members.map { (key: $0.key, value: Self.constant($0.value)) }
      return prefixed(
        kind, try self.object([exact(["properties": .object(JSONObject(members))], value)]))
    }
  }

  private static func constant(_ value: JSON) -> JSON { ["const": value] }

  private func exact(_ keywords: JSON, _ value: JSON) -> Facet {
    var all = keywords.object ?? JSONObject()
    if let elements = value.array {
      all["minItems"] = .integer(elements.count)
      all["maxItems"] = .integer(elements.count)
    } else {
      all["required"] = .array((value.object?.keys ?? []).map { .string($0) })
      all["additionalProperties"] = false
    }
    return Facet(path: "/\u{1}constant " + value.text(), keywords: all)
  }

  private mutating func constant(_ text: String) throws(GrammarError) -> GrammarBuilder.Part {
    switch notation.strings {
    case .json: return builder.choice(literals(.string(text)).map { builder.literal($0) })
    case .python:
      let single = "'" + String(decoding: Alphabet.singleQuoted.spelling(text), as: UTF8.self) + "'"
      return builder.choice((literals(.string(text)) + [single]).map { builder.literal($0) })
    case .raw(let raw): return try framed(raw, builder.pool.literal(text), isFree: false)
    }
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

  /// A schema for each of the constants that facets accept; nil where they accept others.
  func constants(of facets: [Facet]) throws(GrammarError) -> [JSONObject]? {
    guard let flat = try flatten(facets), let values = Self.constants(flat) else { return nil }
    let validator = SchemaValidator(document)
    var result: [JSONObject] = []
    for value in values where try validator.accepts(value, flat) {
      result.append(JSONObject([(key: "const", value: value)]))
    }
    return result
  }
}
