import JSON

/// Turns `not` into schemas without it, where that can be done: one for each way to fail.
struct Negation {
  private let document: SchemaDocument
  private let depth: Int

  init(_ document: SchemaDocument, depth: Int = 12) {
    self.document = document
    self.depth = depth
  }

  /// Schemas of which one holds exactly where the given one doesn't.
  func negations(of schema: JSON, path: String) throws(GrammarError) -> [JSON] {
    guard depth > 0 else { throw .tooLarge("'not' is nested too deeply at '\(path)'") }
    switch schema {
    case .bool(let value): return value ? [] : [true]
    case .object(let keywords):
      let facet = Facet(path: path, keywords: keywords)
      try SchemaKeywords.check(facet)
      var result: [JSON] = []
      for (keyword, value) in keywords where SchemaKeywords.enforced.contains(keyword) {
        result += try negations(of: keyword, value, facet)
      }
      return result
    case .null, .integer, .number, .string, .array:
      throw .invalid(path: path, reason: "a schema is an object or a boolean, not \(schema.kind)")
    }
  }

  private func negations(
    of keyword: String, _ value: JSON, _ facet: Facet
  ) throws(GrammarError) -> [JSON] {
    let inner = Negation(document, depth: depth - 1)
    switch keyword {
    case "type":
      let names = value.array?.compactMap(\.string) ?? [value.string ?? ""]
      return [["type": .array(SchemaTypes.complement(of: names).map { .string($0) })]]
    case "const": return [Self.schema(SchemaKeywords.notEnum, [value])]
    case "enum": return [Self.schema(SchemaKeywords.notEnum, value)]
    case "pattern":
      return [["type": "string", SchemaKeywords.notPattern: value]]
    case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
      "minItems", "maxItems", "minProperties", "maxProperties":
      return try bound(keyword, value, facet)
    case "required":
      return (value.array ?? []).map { key in
        let absent = Self.schema(key.string ?? "", false)
        return ["type": "object", "properties": absent]
      }
    case "properties":
      var result: [JSON] = []
      for (key, schema) in value.object ?? JSONObject() {
        for negated in try inner.negations(of: schema, path: facet.path + "/properties/" + key) {
          result.append([
            "type": "object", "required": [.string(key)], "properties": Self.schema(key, negated),
          ])
        }
      }
      return result
    case "anyOf":
      var all: [JSON] = []
      for schema in value.array ?? [] {
        all.append(["anyOf": .array(try inner.negations(of: schema, path: facet.path + "/anyOf"))])
      }
      return [["allOf": .array(all)]]
    case "allOf":
      var result: [JSON] = []
      for schema in value.array ?? [] {
        result += try inner.negations(of: schema, path: facet.path + "/allOf")
      }
      return result
    case "not": return [value]
    case "$ref":
      let target = try document.resolve(value.string ?? "", in: facet)
      return try inner.negations(of: target.schema, path: target.path)
    default: throw facet.unsupported(keyword, "it can't be negated for 'not' or 'if'")
    }
  }

  private static func schema(_ key: String, _ value: JSON) -> JSON {
    .object(JSONObject([(key: key, value: value)]))
  }

  /// The other side of a bound.
  private func bound(
    _ keyword: String, _ value: JSON, _ facet: Facet
  ) throws(GrammarError) -> [JSON] {
    let opposites = [
      "minimum": "exclusiveMaximum", "maximum": "exclusiveMinimum",
      "exclusiveMinimum": "maximum", "exclusiveMaximum": "minimum",
    ]
    if let opposite = opposites[keyword] {
      return [
        .object(JSONObject([(key: "type", value: "number"), (key: opposite, value: value)]))
      ]
    }
    guard let count = value.integer else {
      throw .invalid(path: facet.path, reason: "'\(keyword)' must be an integer")
    }
    let kind =
      keyword.hasSuffix("Length") ? "string" : keyword.hasSuffix("Items") ? "array" : "object"
    let isMinimum = keyword.hasPrefix("min")
    // Nothing is shorter than 0, and nothing gets as long as that.
    if isMinimum ? count <= 0 : count >= Int(Int32.max) { return [] }
    let opposite = (isMinimum ? "max" : "min") + keyword.dropFirst(3)
    return [
      .object(
        JSONObject([
          (key: "type", value: .string(kind)),
          (key: opposite, value: .integer(max(isMinimum ? count - 1 : count + 1, 0))),
        ]))
    ]
  }
}
