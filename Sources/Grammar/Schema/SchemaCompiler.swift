import JSON

extension GrammarBuilder {
  /// JSON text that a schema (2020-12) accepts, with properties in the schema's order.
  ///
  /// A keyword that masks can't enforce is an error that names it.
  public mutating func jsonSchema(
    _ schema: JSON, options: SchemaOptions = SchemaOptions()
  ) throws(GrammarError) -> Part {
    let document = try SchemaDocument(schema, limits: limits)
    var compiler = SchemaCompiler(document, options, punctuation(options.whitespace))
    // The builder moves into the compiler and back: a copy would cost what is built so far.
    swap(&compiler.builder, &self)
    defer { swap(&compiler.builder, &self) }
    let part = try compiler.part(compiler.facets("", document.root))
    try compiler.builder.checkSize()
    return part
  }
}

extension Grammar {
  /// JSON text that a schema accepts.
  public static func jsonSchema(
    _ schema: JSON, options: SchemaOptions = SchemaOptions(),
    limits: GrammarLimits = GrammarLimits()
  ) throws(GrammarError) -> Grammar {
    var builder = GrammarBuilder(limits: limits)
    let root = try builder.jsonSchema(schema, options: options)
    return try builder.grammar(root: root)
  }
}

/// Turns the schemas that must hold at one place into a part of a grammar.
///
/// Alternatives (`anyOf` and its like) are multiplied out, so that what is left is a list of plain
/// facets which all hold; they are then merged type by type.
struct SchemaCompiler {
  /// Stands in for the one that moves in.
  var builder = GrammarBuilder.nothing
  let document: SchemaDocument
  let options: SchemaOptions
  let punctuation: Punctuation
  /// Where in `known` the part for a place stands.
  private var numbers: [Place: Int] = [:]
  private var known: [KnownPart] = []
  private var depth = 0
  private var count = 0
  /// How deep in the value the place lies.
  private var level = 0
  /// The kinds that the value at the place may have beside others.
  private(set) var kindsBeside: Set<ValueKind> = []

  /// What a part depends on.
  private struct Place: Hashable {
    let facets: [Facet.Identity]
    /// Where values aren't JSON: how deep, and beside which kinds.
    var level = 0
    var kindsBeside: Set<ValueKind> = []
  }

  private enum KnownPart {
    /// Being made: it stands as its rule.
    case rule(GrammarBuilder.Part, isUsed: Bool)
    case whole(GrammarBuilder.Part)
  }

  private static let mostParts = 30_000
  private static let mostDepth = 120
  /// About what it takes to tell whether a facet was seen before, in derivatives.
  private static let workPerFacet = 16

  init(_ document: SchemaDocument, _ options: SchemaOptions, _ punctuation: Punctuation) {
    (self.document, self.options, self.punctuation) = (document, options, punctuation)
  }

  /// A schema as facets; nil where nothing satisfies it.
  func facets(_ path: String, _ schema: JSON) throws(GrammarError) -> [Facet]? {
    switch schema {
    case .bool(let value): return value ? [] : nil
    case .object(let keywords): return [Facet(path: path, keywords: keywords)]
    case .null, .integer, .number, .string, .array:
      throw .invalid(path: path, reason: "a schema is an object or a boolean, not \(schema.kind)")
    }
  }

  /// The part for facets that must all hold.
  mutating func part(_ facets: [Facet]?) throws(GrammarError) -> GrammarBuilder.Part {
    guard let facets, let flat = try flatten(facets) else { return builder.never }
    let place = place(flat)
    if let number = numbers[place] {
      switch known[number] {
      case .whole(let part): return part
      case .rule(let rule, _):
        known[number] = .rule(rule, isUsed: true)
        return rule
      }
    }
    count += 1
    depth += 1
    defer { depth -= 1 }
    guard count <= Self.mostParts else {
      throw .tooLarge("the schema has too many combinations of alternatives")
    }
    guard depth <= Self.mostDepth else { throw .tooLarge("the schema is nested too deeply") }
    builder.pool.spend(flat.count * Self.workPerFacet)
    try builder.checkSize()
    let rule = builder.rule(flat.first?.path ?? "any value")
    let number = known.count
    numbers[place] = number
    known.append(.rule(rule, isUsed: false))
    let body: GrammarBuilder.Part
    if let choice = try alternatives(flat) { body = choice } else { body = try merged(flat) }
    builder.define(rule, as: body)
    let part = if case .rule(_, isUsed: true) = known[number] { rule } else { body }
    known[number] = .whole(part)
    return part
  }

  private func place(_ facets: [Facet]) -> Place {
    let identities = facets.map(\.identity)
    if isJSON { return Place(facets: identities) }
    return Place(
      facets: identities, level: 1 + min(level, options.notations.count), kindsBeside: kindsBeside)
  }

  // MARK: Notations

  /// How values are written at the place.
  var notation: ValueNotation {
    if level >= Self.jsonLevel { return .json }
    return options.notations.indices.contains(level)
      ? options.notations[level] : options.notations.last ?? .json
  }

  /// Whether the value and all in it are JSON.
  var isJSON: Bool {
    let notations = options.notations
    if notations.isEmpty || level >= Self.jsonLevel { return true }
    return notations.last == .json && level >= notations.count - 1
  }

  private static let jsonLevel = 1 << 20

  /// The part for a value inside the present one.
  mutating func inner(_ facets: [Facet]?) throws(GrammarError) -> GrammarBuilder.Part {
    let outside = (level, kindsBeside)
    defer { (level, kindsBeside) = outside }
    level += 1
    if case .raw = notation.strings, let facets { kindsBeside = try kinds(facets) }
    return try part(facets)
  }

  /// The part for the present value in JSON.
  mutating func json(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part {
    let outside = (level, kindsBeside)
    defer { (level, kindsBeside) = outside }
    (level, kindsBeside) = (Self.jsonLevel, [])
    return try part(facets)
  }

  /// The kinds that values of the facets may have; all where that is hard to say.
  func kinds(_ facets: [Facet], depth: Int = 8) throws(GrammarError) -> Set<ValueKind> {
    guard depth > 0 else { return Set(ValueKind.allCases) }
    guard let flat = try flatten(facets) else { return [] }
    if let values = Self.constants(flat) { return Set(values.map(ValueKind.init)) }
    var result = Set(SchemaTypes(flat).ordered)
    for facet in flat {
      for keyword in ["anyOf", "oneOf"] {
        guard let choices = facet[keyword]?.array else { continue }
        var all: Set<ValueKind> = []
        for (index, schema) in choices.enumerated() {
          guard let facets = try self.facets("\(facet.path)/\(keyword)/\(index)", schema) else {
            continue
          }
          all.formUnion(try kinds(facets, depth: depth - 1))
        }
        if all.contains(.number) { all.insert(.integer) }
        if all.contains(.integer), result.contains(.number) { result.insert(.integer) }
        result.formIntersection(all)
      }
    }
    return result
  }

  // MARK: Flattening

  /// The facets with those that `$ref` and `allOf` add; nil where nothing satisfies them.
  func flatten(_ facets: [Facet]) throws(GrammarError) -> [Facet]? {
    if facets.count == 1, facets[0]["$ref"] == nil, facets[0]["allOf"] == nil {
      try SchemaKeywords.check(facets[0])
      return facets[0].keywords.isEmpty ? [] : facets
    }
    var result: [Facet] = []
    var seen: Set<Facet.Identity> = []
    var open: [Facet.Identity] = []
    for facet in facets {
      guard try flatten(facet, into: &result, &seen, &open) else { return nil }
    }
    return result
  }

  private func flatten(
    _ facet: Facet, into result: inout [Facet], _ seen: inout Set<Facet.Identity>,
    _ open: inout [Facet.Identity]
  ) throws(GrammarError) -> Bool {
    guard !open.contains(facet.identity) else {
      throw .invalid(path: facet.path, reason: "the schema refers to itself and says nothing else")
    }
    guard seen.insert(facet.identity).inserted else { return true }
    guard seen.count <= 2000 else { throw .tooLarge("too many schemas hold at '\(facet.path)'") }
    open.append(facet.identity)
    defer { open.removeLast() }
    try SchemaKeywords.check(facet)
    var added: [(path: String, schema: JSON)] = []
    if let reference = facet["$ref"]?.string {
      added.append(try document.resolve(reference, in: facet))
    }
    for (index, schema) in (facet["allOf"]?.array ?? []).enumerated() {
      added.append(("\(facet.path)/allOf/\(index)", schema))
    }
    if facet.keywords.contains(where: { $0.key != "$ref" && $0.key != "allOf" }) {
      result.append(facet.without("$ref").without("allOf"))
    }
    for (path, schema) in added {
      guard let facets = try facets(path, schema) else { return false }
      for facet in facets {
        guard try flatten(facet, into: &result, &seen, &open) else { return false }
      }
    }
    return true
  }
}
