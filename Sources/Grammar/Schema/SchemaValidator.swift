import JSON

/// Checks values against schemas: for constants, of which only those may be written that all
/// schemas of their place accept.
struct SchemaValidator {
  private let document: SchemaDocument

  init(_ document: SchemaDocument) { self.document = document }

  private static let maximumDepth = 64

  func accepts(_ value: JSON, _ facets: [Facet]) throws(GrammarError) -> Bool {
    for facet in facets {
      for (keyword, argument) in facet.keywords where !facet.handled.contains(keyword) {
        guard try holds(keyword, argument, value, facet, Self.maximumDepth) else { return false }
      }
    }
    return true
  }

  func accepts(_ value: JSON, _ schema: JSON, _ path: String) throws(GrammarError) -> Bool {
    try accepts(value, schema, path, Self.maximumDepth)
  }

  private func accepts(
    _ value: JSON, _ schema: JSON, _ path: String, _ depth: Int
  ) throws(GrammarError) -> Bool {
    guard depth > 0 else { throw .tooLarge("the schema is nested too deeply at '\(path)'") }
    switch schema {
    case .bool(let result): return result
    case .object(let keywords):
      let facet = Facet(path: path, keywords: keywords)
      try SchemaKeywords.check(facet)
      for (keyword, argument) in keywords {
        guard try holds(keyword, argument, value, facet, depth) else { return false }
      }
      return true
    case .null, .integer, .number, .string, .array:
      throw .invalid(path: path, reason: "a schema is an object or a boolean, not \(schema.kind)")
    }
  }

  private func holds(
    _ keyword: String, _ argument: JSON, _ value: JSON, _ facet: Facet, _ depth: Int
  ) throws(GrammarError) -> Bool {
    func inner(_ schema: JSON, _ place: String) throws(GrammarError) -> Bool {
      try accepts(value, schema, facet.path + "/" + place, depth - 1)
    }
    switch keyword {
    case "const": return value == argument
    case "enum": return argument.array?.contains(value) ?? false
    case SchemaKeywords.notEnum: return !(argument.array?.contains(value) ?? false)
    case "type": return Self.hasType(value, facet)
    case "$ref":
      let target = try document.resolve(argument.string ?? "", in: facet)
      return try accepts(value, target.schema, target.path, depth - 1)
    case "not": return try !inner(argument, keyword)
    case "allOf", "anyOf", "oneOf":
      var count = 0
      for (index, schema) in (argument.array ?? []).enumerated()
      where try inner(schema, "\(keyword)/\(index)") {
        count += 1
      }
      let all = argument.array?.count ?? 0
      return keyword == "allOf" ? count == all : keyword == "anyOf" ? count > 0 : count == 1
    case "if":
      let branch = try inner(argument, "if") ? "then" : "else"
      return try facet[branch].map { schema throws(GrammarError) in try inner(schema, branch) }
        ?? true
    default: break
    }
    switch value {
    case .string(let text): return try holds(keyword, argument, text, facet)
    case .integer, .number: return Self.holds(keyword, argument, number: value, facet)
    case .array(let elements): return try holds(keyword, argument, elements, facet, depth)
    case .object(let object): return try holds(keyword, argument, object, facet, depth)
    case .null, .bool: return true
    }
  }

  private static func hasType(_ value: JSON, _ facet: Facet) -> Bool {
    let types = SchemaTypes([facet])
    switch value {
    case .null: return types.contains(.null)
    case .bool: return types.contains(.boolean)
    case .string: return types.contains(.string)
    case .array: return types.contains(.array)
    case .object: return types.contains(.object)
    case .integer, .number:
      let isInteger = value.double.map { $0 == $0.rounded() } ?? false
      return types.contains(.number) || (isInteger && types.contains(.integer))
    }
  }
}

// MARK: - Kinds of values

extension SchemaValidator {
  private func holds(
    _ keyword: String, _ argument: JSON, _ text: String, _ facet: Facet
  ) throws(GrammarError) -> Bool {
    switch keyword {
    case "minLength": return text.unicodeScalars.count >= argument.integer ?? 0
    case "maxLength": return text.unicodeScalars.count <= argument.integer ?? .max
    case "pattern": return try finds(argument.string ?? "", in: text, facet)
    case SchemaKeywords.notPattern: return try !finds(argument.string ?? "", in: text, facet)
    case "format":
      var builder = GrammarBuilder()
      guard
        let language = try StringFormats.language(argument.string ?? "", .json, facet, &builder)
      else { return true }
      return builder.pool.matches(language, SchemaCompiler.spelling(text))
    default: return true
    }
  }

  /// Whether a pattern is found in a text.
  func finds(_ pattern: String, in text: String, _ facet: Facet) throws(GrammarError) -> Bool {
    var pool = ExpressionPool(limit: 1 << 17)
    do throws(PatternError) {
      var compiler = PatternCompiler(.json, isSearch: true)
      let language = try compiler.language(try PatternReader.read(pattern), &pool)
      let result = pool.matches(language, SchemaCompiler.spelling(text))
      guard !pool.isExhausted else { throw PatternError("is too large") }
      return result
    } catch {
      throw facet.unsupported("pattern", "the pattern \(error.reason)")
    }
  }

  private static func holds(
    _ keyword: String, _ argument: JSON, number: JSON, _ facet: Facet
  ) -> Bool {
    // Draft 4's exclusiveMinimum is a boolean beside minimum.
    guard let bound = argument.double else { return true }
    switch keyword {
    case "minimum":
      return isLess(argument, number)
        || number == argument && facet["exclusiveMinimum"]?.bool != true
    case "maximum":
      return isLess(number, argument)
        || number == argument && facet["exclusiveMaximum"]?.bool != true
    case "exclusiveMinimum": return isLess(argument, number)
    case "exclusiveMaximum": return isLess(number, argument)
    case "multipleOf":
      if let value = number.integer, let divisor = argument.integer, divisor != 0 {
        // Not of the values themselves: Int.min % -1 overflows.
        return value.magnitude % divisor.magnitude == 0
      }
      if let steps = Decimal(argument)?.fractionSteps, let value = Decimal(number) {
        return value.isMultiple(ofSteps: steps.count, places: steps.places)
      }
      let quotient = (number.double ?? 0) / bound
      return quotient == quotient.rounded()
    default: return true
    }
  }

  /// Integers exactly, which doubles beyond 2^53 aren't.
  private static func isLess(_ left: JSON, _ right: JSON) -> Bool {
    if case (.integer(let a), .integer(let b)) = (left, right) { return a < b }
    return (left.double ?? 0) < (right.double ?? 0)
  }

  private func holds(
    _ keyword: String, _ argument: JSON, _ elements: [JSON], _ facet: Facet, _ depth: Int
  ) throws(GrammarError) -> Bool {
    func all(
      _ elements: some Sequence<JSON>, _ schema: JSON, _ path: String
    ) throws(GrammarError) -> Bool {
      for element in elements {
        guard try accepts(element, schema, facet.path + path, depth - 1) else { return false }
      }
      return true
    }
    switch keyword {
    case "minItems": return elements.count >= argument.integer ?? 0
    case "maxItems": return elements.count <= argument.integer ?? .max
    case "uniqueItems":
      return argument.bool != true
        || !elements.indices.contains { elements[..<$0].contains(elements[$0]) }
    case "items":
      if let schemas = argument.array {
        for (element, schema) in zip(elements, schemas) {
          guard try all([element], schema, "/items") else { return false }
        }
        return true
      }
      return try all(
        elements.dropFirst(facet["prefixItems"]?.array?.count ?? 0), argument, "/items")
    case "additionalItems":
      guard let schemas = facet["items"]?.array else { return true }
      return try all(elements.dropFirst(schemas.count), argument, "/additionalItems")
    case "prefixItems":
      for (element, schema) in zip(elements, argument.array ?? []) {
        guard try all([element], schema, "/prefixItems") else { return false }
      }
      return true
    case "contains":
      var count = 0
      for element in elements where try all([element], argument, "/contains") { count += 1 }
      return count >= facet["minContains"]?.integer ?? 1
        && count <= facet["maxContains"]?.integer ?? .max
    default: return true
    }
  }

  private func holds(
    _ keyword: String, _ argument: JSON, _ object: JSONObject, _ facet: Facet, _ depth: Int
  ) throws(GrammarError) -> Bool {
    switch keyword {
    case "required": return (argument.array ?? []).allSatisfy { object[$0.string ?? ""] != nil }
    case "minProperties": return object.count >= argument.integer ?? 0
    case "maxProperties": return object.count <= argument.integer ?? .max
    case "properties":
      for (key, schema) in argument.object ?? JSONObject() {
        guard let value = object[key] else { continue }
        guard try accepts(value, schema, facet.path + "/properties", depth - 1) else {
          return false
        }
      }
      return true
    case "propertyNames":
      for key in object.keys {
        guard try accepts(.string(key), argument, facet.path + "/propertyNames", depth - 1) else {
          return false
        }
      }
      return true
    case "patternProperties", "additionalProperties", "unevaluatedProperties":
      for (key, value) in object {
        guard try holdsOther(keyword, argument, key, value, facet, depth) else { return false }
      }
      return true
    case "dependentRequired":
      for (key, names) in argument.object ?? JSONObject() where object[key] != nil {
        guard (names.array ?? []).allSatisfy({ object[$0.string ?? ""] != nil }) else {
          return false
        }
      }
      return true
    case "dependentSchemas":
      for (key, schema) in argument.object ?? JSONObject() where object[key] != nil {
        guard try accepts(.object(object), schema, facet.path + "/dependentSchemas", depth - 1)
        else { return false }
      }
      return true
    default: return true
    }
  }

  private func holdsOther(
    _ keyword: String, _ argument: JSON, _ key: String, _ value: JSON, _ facet: Facet, _ depth: Int
  ) throws(GrammarError) -> Bool {
    var isMatched = false
    for (pattern, schema) in facet["patternProperties"]?.object ?? JSONObject() {
      guard try finds(pattern, in: key, facet) else { continue }
      isMatched = true
      if keyword == "patternProperties" {
        let path = facet.path + "/patternProperties"
        guard try accepts(value, schema, path, depth - 1) else { return false }
      }
    }
    let isDeclared = facet["properties"]?[key] != nil
    if keyword == "patternProperties" || isMatched || isDeclared { return true }
    return try accepts(value, argument, facet.path + "/" + keyword, depth - 1)
  }
}
