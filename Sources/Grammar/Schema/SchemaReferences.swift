import JSON

/// Makes the references of a schema pointers from its root, wherever they stand: those inside a
/// schema with an `$id` of its own are meant from there (JSON Schema 2020-12, 8.2), and others go by
/// `$id` or `$anchor`.
struct SchemaReferences {
  /// Where a schema stands, and which one its references are meant from.
  private struct Place {
    /// JSON pointers of the schema, and of the innermost one around it that has an `$id`.
    var path = ""
    var base = ""
    /// The `$id` there, made absolute by those around it.
    var id = ""

    /// The place of the schema, once its own `$id` is known.
    func within(_ keywords: JSONObject) -> Place {
      guard let id = keywords["$id"]?.string, !id.hasPrefix("#") else { return self }
      let address = String(id.prefix { $0 != "#" })
      return Place(path: path, base: path, id: SchemaReferences.absolute(address, from: self.id))
    }

    func inner(_ key: String) -> Place {
      Place(path: path + "/" + SchemaDocument.escaped(key), base: base, id: id)
    }
  }

  /// What an object or array holds.
  private enum Content {
    case keywords, schemasByName, values

    func inner(_ key: String) -> Content {
      switch self {
      case .schemasByName: return .keywords
      case .values: return .values
      case .keywords: break
      }
      if ["const", "enum", "default", "examples", "example"].contains(key) { return .values }
      let names = [
        "properties", "patternProperties", "$defs", "definitions", "dependentSchemas",
      ]
      return names.contains(key) ? .schemasByName : .keywords
    }
  }

  /// Pointers of the schemas with an `$id`, by what it names.
  private var schemas: [String: String] = [:]
  /// Pointers of the schemas with an `$anchor`, by the pointer of the one it belongs to.
  private var anchors: [String: [String: String]] = [:]

  /// The schema with its references made pointers; those to something else stay as they are.
  ///
  /// - Throws: `GrammarError.tooLarge` where the schema is nested more than `depth` deep.
  static func resolved(_ root: JSON, depth: Int) throws(GrammarError) -> JSON {
    var references = SchemaReferences()
    try references.collect(root, Place(), .keywords, depth)
    return references.rewritten(root, Place(), .keywords)
  }

  private mutating func collect(
    _ schema: JSON, _ place: Place, _ content: Content, _ depth: Int
  ) throws(GrammarError) {
    guard depth > 0 else { throw .tooLarge("the schema is nested too deeply, at '\(place.path)'") }
    switch schema {
    case .object(let object):
      var place = place
      if case .keywords = content {
        place = place.within(object)
        if place.base == place.path { schemas[place.id] = place.path }
        name(object, place)
      }
      for (key, value) in object {
        try collect(value, place.inner(key), content.inner(key), depth - 1)
      }
    case .array(let elements):
      for (index, value) in elements.enumerated() {
        try collect(value, place.inner("\(index)"), content, depth - 1)
      }
    case .null, .bool, .integer, .number, .string: break
    }
  }

  private mutating func name(_ keywords: JSONObject, _ place: Place) {
    if let anchor = keywords["$anchor"]?.string {
      anchors[place.base, default: [:]][anchor] = place.path
    }
    // What drafts before 2019 wrote for an anchor.
    if let id = keywords["$id"]?.string, id.hasPrefix("#") {
      anchors[place.base, default: [:]][String(id.dropFirst())] = place.path
    }
  }

  private func rewritten(_ schema: JSON, _ place: Place, _ content: Content) -> JSON {
    switch schema {
    case .object(let object):
      var place = place
      var isReference = false
      switch content {
      case .values: return schema
      case .schemasByName: break
      case .keywords: (place, isReference) = (place.within(object), true)
      }
      return .object(
        JSONObject(
          object.members.map { key, value in
            if isReference, key == "$ref", let reference = value.string {
              return (key: key, value: .string(pointer(reference, place)))
            }
            return (key: key, value: rewritten(value, place.inner(key), content.inner(key)))
          }))
    case .array(let elements):
      return .array(
        elements.enumerated().map { rewritten($1, place.inner("\($0)"), content) })
    case .null, .bool, .integer, .number, .string: return schema
    }
  }

  private func pointer(_ reference: String, _ place: Place) -> String {
    let address = String(reference.prefix { $0 != "#" })
    let fragment = String(reference.dropFirst(address.count + 1))
    let known = schemas[Self.absolute(address, from: place.id)]
    guard let base = address.isEmpty ? place.base : known else { return reference }
    if fragment.isEmpty || fragment.hasPrefix("/") { return "#" + Self.quoted(base) + fragment }
    return anchors[base]?[fragment].map { "#" + Self.quoted($0) } ?? reference
  }

  /// A pointer as the fragment of an address.
  private static func quoted(_ pointer: String) -> String {
    pointer.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%25")
  }

  /// An address as it is meant where another one is the present one.
  private static func absolute(_ address: String, from base: String) -> String {
    let scheme = address.prefix { $0 != ":" && $0 != "/" }
    if scheme.count < address.count, address.dropFirst(scheme.count).hasPrefix(":") {
      return address
    }
    let parts = base.split(separator: "/", omittingEmptySubsequences: false)
    if address.hasPrefix("/"), parts.count >= 3, parts[1].isEmpty {
      return parts[..<3].joined(separator: "/") + address
    }
    return (base.lastIndex(of: "/").map { String(base[...$0]) } ?? "") + address
  }
}
