/// The formats of strings: those that can be enforced, as patterns of whole texts, and hints.
enum StringFormats {
  /// The texts of a format; nil for formats that ask nothing of a string.
  static func language(
    _ name: String, _ alphabet: Alphabet, _ facet: Facet, _ builder: inout GrammarBuilder
  ) throws(GrammarError) -> Expression? {
    if annotations.contains(name) { return nil }
    if let reason = unenforceable[name] { throw facet.unsupported("format", reason) }
    guard let pattern = FormatPatterns.all[name] else {
      // A name of somebody's own, such as zod's `starts_with`: the pattern says what it means.
      if hasPattern(facet) { return nil }
      throw facet.unsupported(
        "format", "the format '\(name)' isn't known, and no pattern is beside it")
    }
    guard let others = FormatPatterns.besidePattern[name], let beside = facet["pattern"]?.string
    else { return try language(of: pattern, alphabet, facet, &builder) }
    let standard = try language(of: others.standard, alphabet, facet, &builder)
    let texts = try self.texts(beside, alphabet, facet, &builder)
    let isOther = builder.pool.isDead(builder.pool.both(standard, texts))
    return try language(of: isOther ? others.other : pattern, alphabet, facet, &builder)
  }

  /// The texts that a schema's pattern is found in.
  private static func texts(
    _ pattern: String, _ alphabet: Alphabet, _ facet: Facet, _ builder: inout GrammarBuilder
  ) throws(GrammarError) -> Expression {
    do throws(PatternError) {
      var compiler = PatternCompiler(alphabet, isSearch: true)
      return try compiler.language(
        try PatternReader.read(pattern, limits: builder.limits), &builder.pool)
    } catch {
      throw facet.unsupported("pattern", "the pattern \(error.reason)")
    }
  }

  private static func language(
    of pattern: String, _ alphabet: Alphabet, _ facet: Facet, _ builder: inout GrammarBuilder
  ) throws(GrammarError) -> Expression {
    let identity = "format \(alphabet) \(pattern)"
    if let known = builder.patterns[identity] { return known }
    do throws(PatternError) {
      let parsed = try PatternReader.read(pattern)
      var compiler = PatternCompiler(alphabet, isSearch: false)
      let result = try compiler.language(parsed, &builder.pool)
      builder.patterns[identity] = result
      return result
    } catch {
      throw facet.unsupported("format", "its pattern \(error.reason)")
    }
  }

  /// Whether the schema has a pattern, itself or in its `allOf`, where zod puts several.
  private static func hasPattern(_ facet: Facet) -> Bool {
    let all = facet.keywords["allOf"]?.array ?? []
    return facet.keywords["pattern"] != nil || all.contains { $0["pattern"] != nil }
  }

  /// Hints about use or numbers, which constrain no string.
  private static let annotations: Set<String> = [
    "password", "binary", "textarea", "color", "markdown", "html", "int8", "int16", "int32",
    "int64", "uint8", "uint16", "uint32", "uint64", "float", "double", "decimal", "text", "string",
    "number", "integer", "url", "path", "file-path", "directory-path", "phone", "char",
  ]

  /// What no pattern can say, with the reason.
  private static let unenforceable = [
    "regex": "whether a text is a regular expression can't be told while it is written",
    "json-string": "JSON inside a string can't be followed; describe its value as a schema",
    "uri-template": "the format 'uri-template' isn't known",
  ]
}
