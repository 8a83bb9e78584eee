import JSON

/// What facets say of an object's properties, taken together.
struct ObjectRules {
  let facets: [Facet]
  /// Declared and required properties, in the order of the schemas.
  let keys: [String]
  let required: Set<String>

  init(_ facets: [Facet]) {
    self.facets = facets
    var keys: [String] = []
    var seen: Set<[UInt8]> = []
    func add(_ key: String) { if seen.insert(Array(key.utf8)).inserted { keys.append(key) } }
    for facet in facets {
      for key in facet["properties"]?.object?.keys ?? [] { add(key) }
    }
    var required: Set<String> = []
    for facet in facets {
      for key in (facet["required"]?.array ?? []).compactMap(\.string) {
        add(key)
        required.insert(key)
      }
    }
    self.keys = keys
    self.required = required
  }

  /// The facets for a property's value; nil where the property must not come.
  func value(of key: String, _ compiler: SchemaCompiler) throws(GrammarError) -> [Facet]? {
    var result: [Facet] = []
    var declaring: [Facet] = []
    let validator = SchemaValidator(compiler.document)
    for facet in facets {
      if let names = facet["propertyNames"] {
        guard try validator.accepts(.string(key), names, facet.path + "/propertyNames") else {
          return nil
        }
      }
      guard let added = try schemas(for: key, facet, compiler, validator) else { return nil }
      result += added.schemas
      if added.isEvaluated { declaring.append(facet) }
    }
    guard let others = try compiler.unevaluated(facets, declaring: declaring) else { return nil }
    return try compiler.flatten(result + others)
  }

  /// What one facet asks of a property, and whether it says anything of it; nil for a property that
  /// it forbids.
  private func schemas(
    for key: String, _ facet: Facet, _ compiler: SchemaCompiler, _ validator: SchemaValidator
  ) throws(GrammarError) -> (schemas: [Facet], isEvaluated: Bool)? {
    var result: [Facet] = []
    var isEvaluated = false
    func add(_ path: String, _ schema: JSON) throws(GrammarError) -> Bool {
      isEvaluated = true
      guard let facets = try compiler.facets(path, schema) else { return false }
      result += facets
      return true
    }
    if let schema = facet["properties"]?[key] {
      let path = facet.path + "/properties/" + SchemaDocument.escaped(key)
      guard try add(path, schema) else { return nil }
    }
    for (pattern, schema) in facet["patternProperties"]?.object ?? JSONObject() {
      guard try validator.finds(pattern, in: key, facet) else { continue }
      let path = facet.path + "/patternProperties/" + SchemaDocument.escaped(pattern)
      guard try add(path, schema) else { return nil }
    }
    if !isEvaluated, let schema = facet["additionalProperties"] {
      guard try add(facet.path + "/additionalProperties", schema) else { return nil }
    }
    return (result, isEvaluated)
  }

  /// Whether a schema says that no other properties may come.
  var forbidsOthers: Bool { facets.contains { $0["additionalProperties"]?.bool == false } }

  /// Whether properties that no schema declares may come at all.
  func isClosed(_ options: SchemaOptions) -> Bool {
    let opening = [
      "additionalProperties", "patternProperties", "propertyNames", "unevaluatedProperties",
    ]
    return options.closesObjects
      && facets.contains { $0["properties"] != nil }
      && !facets.contains { facet in opening.contains { facet[$0] != nil } }
  }
}
