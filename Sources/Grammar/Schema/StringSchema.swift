import JSON

/// Strings: length, pattern, format.
extension SchemaCompiler {
  /// A JSON string, quotes included, that satisfies the facets.
  mutating func string(_ facets: [Facet]) throws(GrammarError) -> Expression {
    var minimum = 0
    var maximum: Int?
    var languages: [Expression] = []
    // Whether one of the languages has nothing but whole characters in it.
    var isBounded = false
    for facet in facets {
      if let value = try count("minLength", facet) { minimum = max(minimum, value) }
      if let value = try count("maxLength", facet) { maximum = min(maximum ?? value, value) }
      if let text = facet["pattern"]?.string {
        languages.append(try pattern(text, "pattern", facet))
        isBounded = true
      }
      if let text = facet[SchemaKeywords.notPattern]?.string {
        languages.append(builder.pool.complement(try pattern(text, "not", facet)))
      }
      if let name = facet["format"]?.string {
        if let language = try StringFormats.language(name, facet, &builder) {
          languages.append(language)
          isBounded = true
        }
      }
      for value in facet[SchemaKeywords.notEnum]?.array ?? [] {
        guard let text = value.string else { continue }
        languages.append(builder.pool.complement(builder.pool.literal(Self.spelling(text))))
      }
    }
    if let maximum, maximum < minimum { return ExpressionPool.never }
    if isBounded, minimum == 0, maximum == nil {
      return quoted(builder.pool.both(languages + exclusions()))
    }
    let isFree = languages.isEmpty
    let character = isFree ? builder.pool.jsonCharacter() : builder.pool.canonicalCharacter()
    let content = builder.pool.repetition(
      character, Int32(clamping: minimum), maximum.map { Int32(clamping: $0) } ?? -1)
    return quoted(builder.pool.both([content] + languages + exclusions()))
  }

  /// Between quotes.
  mutating func quoted(_ content: Expression) -> Expression {
    let quote = builder.pool.literal("\"")
    let result = builder.pool.concatenation([quote, content, quote])
    return builder.pool.isDead(result) ? ExpressionPool.never : result
  }

  /// What strings must not hold.
  private mutating func exclusions() -> [Expression] {
    var result: [Expression] = []
    for text in options.excludedTexts where !text.isEmpty {
      let literal = builder.pool.literal(text)
      result.append(builder.pool.complement(builder.pool.containing(literal)))
    }
    return result
  }

  /// A key of an object that is in none of the languages, or in some; between quotes.
  mutating func key(_ languages: [Expression]) -> Expression {
    let all = builder.pool.star(builder.pool.canonicalCharacter())
    return quoted(builder.pool.both([all] + languages + exclusions()))
  }

  /// Any key, in any spelling.
  mutating func anyKey() -> Expression {
    let all = builder.pool.star(builder.pool.jsonCharacter())
    return quoted(builder.pool.both([all] + exclusions()))
  }

  /// The texts that a schema's pattern is found in.
  mutating func pattern(
    _ text: String, _ keyword: String, _ facet: Facet
  ) throws(GrammarError) -> Expression {
    do throws(PatternError) {
      let parsed = try PatternReader.read(text, limits: builder.limits)
      var compiler = PatternCompiler(.json, isSearch: true)
      return try compiler.language(parsed, &builder.pool)
    } catch {
      throw facet.unsupported(keyword, "the pattern \(error.reason)")
    }
  }

  /// A string as `Alphabet.json` spells it, without its quotes.
  static func spelling(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    JSON.writeString(text, to: &bytes)
    return Array(bytes.dropFirst().dropLast())
  }

  /// A keyword whose value is a number of things; nil where the facet hasn't got it.
  func count(_ keyword: String, _ facet: Facet) throws(GrammarError) -> Int? {
    guard let value = facet[keyword] else { return nil }
    guard let count = value.integer, count >= 0 else {
      throw .invalid(path: facet.path, reason: "'\(keyword)' must be an integer from 0")
    }
    return min(count, Int(Int32.max) - 1)
  }
}
