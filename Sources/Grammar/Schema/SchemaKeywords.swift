import JSON

/// What is done with the keywords of JSON Schema 2020-12 and of the drafts before it.
enum SchemaKeywords {
  /// Enforced.
  static let enforced: Set<String> = [
    "$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "type", "enum", "const",
    "properties", "required", "additionalProperties", "patternProperties", "propertyNames",
    "minProperties", "maxProperties", "unevaluatedProperties", "dependentRequired",
    "dependentSchemas", "items", "prefixItems", "additionalItems", "minItems", "maxItems",
    "uniqueItems", "contains", "minContains", "maxContains", "minLength", "maxLength", "pattern",
    "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "nullable", notEnum, notPattern,
  ]

  /// Refused, with the reason.
  static let refused: [String: String] = [
    "$dynamicRef": "use '$ref'", "$recursiveRef": "use '$ref'",
    "dependencies": "use 'dependentRequired' or 'dependentSchemas'",
    "unevaluatedItems": "use 'items'",
  ]

  /// Made by negation; no keyword of a request can begin with a control character.
  static let notEnum = "\u{1}notEnum"
  static let notPattern = "\u{1}notPattern"

  /// Every other keyword is an annotation, as the standard has it.
  static func check(_ facet: Facet) throws(GrammarError) {
    for (keyword, value) in facet.keywords where !facet.handled.contains(keyword) {
      if keyword.utf8.first == 1, !facet.path.contains("\u{1}") {
        throw .invalid(path: facet.path, reason: "a keyword begins with a control character")
      }
      guard let allowed = kinds[keyword] else {
        if let reason = refused[keyword] { throw facet.unsupported(keyword, reason) }
        continue
      }
      try checkNames(keyword, value, facet)
      guard !allowed.contains(value.kind) else { continue }
      throw .invalid(
        path: facet.path,
        reason: "'\(keyword)' must be \(allowed.joined(separator: " or ")), not \(value.kind)")
    }
  }

  /// Refuses what isn't the name of a property where only those make sense.
  private static func checkNames(
    _ keyword: String, _ value: JSON, _ facet: Facet
  ) throws(GrammarError) {
    let lists: [JSON]
    switch keyword {
    case "required": lists = [value]
    case "dependentRequired": lists = (value.object ?? JSONObject()).map(\.value)
    default: return
    }
    for list in lists where !(list.array?.allSatisfy { $0.string != nil } ?? false) {
      throw .invalid(path: facet.path, reason: "'\(keyword)' must name properties")
    }
  }

  private static let kinds: [String: [String]] = [
    "properties": ["an object"], "patternProperties": ["an object"],
    "dependentRequired": ["an object"], "dependentSchemas": ["an object"],
    "required": ["an array"], "enum": ["an array"], "prefixItems": ["an array"],
    "allOf": ["an array"], "anyOf": ["an array"], "oneOf": ["an array"], "$ref": ["a string"],
    "pattern": ["a string"], "format": ["a string"], "type": ["a string", "an array"],
    "uniqueItems": ["a boolean"], "nullable": ["a boolean"], "minLength": ["a number"],
    "maxLength": ["a number"], "minItems": ["a number"], "maxItems": ["a number"],
    "minProperties": ["a number"], "maxProperties": ["a number"], "minContains": ["a number"],
    "maxContains": ["a number"], "minimum": ["a number"], "maximum": ["a number"],
    "exclusiveMinimum": ["a number", "a boolean"], "exclusiveMaximum": ["a number", "a boolean"],
    "multipleOf": ["a number"], "additionalProperties": ["an object", "a boolean"],
    "propertyNames": ["an object", "a boolean"], "not": ["an object", "a boolean"],
    "if": ["an object", "a boolean"], "then": ["an object", "a boolean"],
    "else": ["an object", "a boolean"], "contains": ["an object", "a boolean"],
    "items": ["an object", "a boolean", "an array"],
  ]
}
