import JSON

/// Which of the schemas that hold at one place declare properties for one that has
/// `unevaluatedProperties`: those that it applies there itself, by `allOf`, `$ref` and their like,
/// but for what stands under `not` or a failed `if`.
struct Evaluation {
  /// Paths of the schema and of those that it applies at its place.
  private var paths: Set<String> = []

  init(of facet: Facet, in document: SchemaDocument) throws(GrammarError) {
    try add(.object(facet.keywords), facet.path, facet, document)
  }

  private mutating func add(
    _ schema: JSON, _ path: String, _ facet: Facet, _ document: SchemaDocument
  ) throws(GrammarError) {
    guard let keywords = schema.object, paths.insert(path).inserted else { return }
    if let reference = keywords["$ref"]?.string {
      let target = try document.resolve(reference, in: facet)
      try add(target.schema, target.path, facet, document)
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
      for (index, schema) in (keywords[keyword]?.array ?? []).enumerated() {
        try add(schema, "\(path)/\(keyword)/\(index)", facet, document)
      }
    }
    for keyword in ["if", "then", "else"] {
      if let schema = keywords[keyword] {
        try add(schema, "\(path)/\(keyword)", facet, document)
      }
    }
    for (key, schema) in keywords["dependentSchemas"]?.object ?? JSONObject() {
      let place = "\(path)/dependentSchemas/\(SchemaDocument.escaped(key))"
      try add(schema, place, facet, document)
    }
  }

  /// Whether it applies a schema that holds at the same place.
  func applies(_ facet: Facet) -> Bool {
    // A path that was made up hangs on a keyword of the schema it was made for.
    let parts = facet.path.split(by: "/")
    guard let made = parts.firstIndex(where: { $0.utf8.first == 1 }) else {
      return paths.contains(facet.path)
    }
    return paths.contains(parts[..<max(made - 1, 0)].joined(separator: "/"))
  }

  /// Whether what such a schema declares counts.
  func counts(_ facet: Facet) -> Bool {
    guard applies(facet) else { return false }
    let parts = facet.path.split(by: "/")
    for (place, part) in parts.enumerated().dropFirst() where part.utf8.first == 1 {
      if parts[place - 1] == "not" { return false }
      // The first way is that the condition holds; in the others it is denied, and stands first.
      let isCondition = parts[(place + 1)...].starts(with: ["allOf", "0"])
      if parts[place - 1] == "if", part != "\u{1}0", isCondition { return false }
    }
    return true
  }
}

extension SchemaCompiler {
  /// What `unevaluatedProperties` asks of a property that some facets declare; nil where it must
  /// not come.
  func unevaluated(
    _ facets: [Facet], declaring: [Facet]
  ) throws(GrammarError) -> [Facet]? {
    var result: [Facet] = []
    for facet in facets {
      guard let schema = facet["unevaluatedProperties"] else { continue }
      let evaluation = try checkedEvaluation(of: facet, among: facets)
      if declaring.contains(where: evaluation.counts) { continue }
      let path = facet.path + "/unevaluatedProperties"
      guard let added = try self.facets(path, schema) else { return nil }
      result += added
    }
    return result
  }

  /// Refuses the keyword where others hold beside its schema, which it knows nothing of.
  @discardableResult
  func checkedEvaluation(
    of facet: Facet, among facets: [Facet]
  ) throws(GrammarError) -> Evaluation {
    let evaluation = try Evaluation(of: facet, in: document)
    guard facets.allSatisfy(evaluation.applies) else {
      throw facet.unsupported("unevaluatedProperties", "only the outermost schema can have it")
    }
    return evaluation
  }
}
