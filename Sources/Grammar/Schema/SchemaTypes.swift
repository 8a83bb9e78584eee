import JSON

/// The kinds of values that schemas allow.
struct SchemaTypes: Sendable {
  typealias Kind = ValueKind

  private(set) var ordered: [Kind]

  private init(ordered: [Kind]) { self.ordered = ordered }

  /// What all of the facets allow, in the order of the first that says.
  init(_ facets: [Facet]) {
    var result = SchemaTypes(ordered: [.object, .array, .string, .number, .boolean, .null])
    var isFirst = true
    for facet in facets {
      guard let types = Self.names(facet) else { continue }
      let named = SchemaTypes(ordered: types)
      result = isFirst ? named : result.intersection(named)
      isFirst = false
    }
    self = result
  }

  /// What the facet's `type` names; nil where it has none.
  private static func names(_ facet: Facet) -> [Kind]? {
    var names: [String]
    switch facet["type"] {
    case .string(let name)?: names = [name]
    case .array(let list)?: names = list.compactMap(\.string)
    default: return nil
    }
    // OpenAPI 3.0's way to say it.
    if facet["nullable"]?.bool == true, !names.contains("null") { names.append("null") }
    return names.compactMap(kind)
  }

  private static func kind(_ name: String) -> Kind? {
    Kind(rawValue: name) ?? Kind(rawValue: name.lowercased())
  }

  func intersection(_ other: SchemaTypes) -> SchemaTypes {
    var result: [Kind] = []
    for kind in ordered {
      if other.ordered.contains(kind) {
        result.append(kind)
      } else if kind == .integer, other.ordered.contains(.number) {
        result.append(.integer)
      } else if kind == .number, other.ordered.contains(.integer) {
        result.append(.integer)
      }
    }
    return SchemaTypes(ordered: result)
  }

  func contains(_ kind: Kind) -> Bool { ordered.contains(kind) }

  /// Without integers where all numbers are allowed.
  var distinct: [Kind] {
    var result: [Kind] = []
    for kind in ordered where !result.contains(kind) {
      if kind != .integer || !ordered.contains(.number) { result.append(kind) }
    }
    return result
  }

  /// What a type's name leaves over: for `not`.
  static func complement(of names: [String]) -> [String] {
    let named = Set(names.map { $0.lowercased() })
    return ["object", "array", "string", "number", "boolean", "null"].filter {
      !named.contains($0) && !($0 == "number" && named.contains("integer"))
    }
  }

  /// A name in `type` that means nothing.
  static func check(_ facet: Facet) throws(GrammarError) {
    let names: [JSON]
    switch facet["type"] {
    case .string(let name)? where kind(name) != nil: return
    case .string(let name)?: names = [.string(name)]
    case .array(let list)?: names = list
    default: return
    }
    for name in names where name.string.flatMap(kind) == nil {
      throw .invalid(path: facet.path, reason: "'type' names the unknown type \(name.text())")
    }
  }
}
