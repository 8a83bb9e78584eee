import JSON

/// Strings: length, pattern, format.
extension SchemaCompiler {
  /// A JSON string, quotes included, that satisfies the facets.
  mutating func string(_ facets: [Facet]) throws(GrammarError) -> Expression {
    quoted(try content(facets, .json).expression)
  }

  /// A string's characters in the spelling of an alphabet, and whether the facets say more of them
  /// than that they are a string.
  mutating func content(
    _ facets: [Facet], _ alphabet: Alphabet
  ) throws(GrammarError) -> (expression: Expression, isFree: Bool) {
    var minimum = 0
    var maximum: Int?
    var languages: [Expression] = []
    // Whether one of the languages has nothing but whole characters in it.
    var isBounded = false
    for facet in facets {
      if let value = try count("minLength", facet) { minimum = max(minimum, value) }
      if let value = try count("maxLength", facet) { maximum = min(maximum ?? value, value) }
      if let text = facet["pattern"]?.string {
        languages.append(try pattern(text, "pattern", alphabet, facet))
        isBounded = true
      }
      if let text = facet[SchemaKeywords.notPattern]?.string {
        let language = try pattern(text, "not", alphabet, facet, isOpen: true)
        languages.append(builder.pool.complement(language))
      }
      if let name = facet["format"]?.string {
        if let language = try StringFormats.language(name, alphabet, facet, &builder) {
          languages.append(language)
          isBounded = true
        }
      }
      for value in facet[SchemaKeywords.notEnum]?.array ?? [] {
        guard let text = value.string else { continue }
        let spelling = builder.pool.literal(alphabet.spelling(text))
        languages.append(builder.pool.complement(spelling))
      }
    }
    if let maximum, maximum < minimum { return (ExpressionPool.never, false) }
    if isBounded, minimum == 0, maximum == nil {
      return (builder.pool.both(languages + exclusions()), false)
    }
    let character: Expression
    switch alphabet {
    case .text, .singleQuoted: character = builder.pool.characters(.all, alphabet)
    case .json where languages.isEmpty && isJSON: character = builder.pool.jsonCharacter()
    case .json: character = builder.pool.canonicalCharacter()
    }
    let content = builder.pool.repetition(
      character, Int32(clamping: minimum), maximum.map { Int32(clamping: $0) } ?? -1)
    let isFree = languages.isEmpty && minimum == 0 && maximum == nil
    return (builder.pool.both([content] + languages + exclusions()), isFree)
  }

  /// A string in the notation of its depth.
  mutating func text(_ facets: [Facet]) throws(GrammarError) -> GrammarBuilder.Part {
    switch notation.strings {
    case .json: return builder.terminal(try string(facets))
    case .python:
      let single = builder.pool.literal("'")
      let content = try content(facets, .singleQuoted).expression
      let text = builder.pool.concatenation([single, content, single])
      return builder.terminal(builder.pool.either(live(text), try string(facets)))
    case .raw(let raw):
      let content = try content(facets, .text)
      return try framed(raw, content.expression, isFree: content.isFree)
    }
  }

  /// Raw text that its reader takes as it is.
  mutating func framed(
    _ raw: ValueNotation.RawText, _ content: Expression, isFree: Bool
  ) throws(GrammarError) -> GrammarBuilder.Part {
    var languages = [content]
    for text in raw.excluded + [raw.end] where !text.isEmpty {
      let literal = builder.pool.literal(text)
      languages.append(builder.pool.complement(builder.pool.containing(literal)))
    }
    var others = kindsBeside.union([.string]).compactMap { raw.misread[$0] }.sorted()
    if !isFree, let altered = raw.altered { others.append(altered) }
    for pattern in others {
      languages.append(builder.pool.complement(try builder.expression(pattern)))
    }
    let text = builder.terminal(live(builder.pool.both(languages)))
    return builder.sequence([builder.template(raw.begin), text, builder.template(raw.end)])
  }

  /// The expression; `never` where no text matches it.
  mutating func live(_ expression: Expression) -> Expression {
    builder.pool.isDead(expression) ? ExpressionPool.never : expression
  }

  /// Between quotes.
  mutating func quoted(_ content: Expression) -> Expression {
    let quote = builder.pool.literal("\"")
    return live(builder.pool.concatenation([quote, content, quote]))
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
  ///
  /// - Parameter isOpen: see `PatternCompiler`.
  mutating func pattern(
    _ text: String, _ keyword: String, _ alphabet: Alphabet, _ facet: Facet, isOpen: Bool = false
  ) throws(GrammarError) -> Expression {
    do throws(PatternError) {
      let parsed = try PatternReader.read(text, limits: builder.limits)
      var compiler = PatternCompiler(alphabet, isSearch: true)
      compiler.isOpen = isOpen
      return try compiler.language(parsed, &builder.pool)
    } catch {
      throw facet.unsupported(keyword, "the pattern \(error.reason)")
    }
  }

  /// A string as `Alphabet.json` spells it, without its quotes.
  static func spelling(_ text: String) -> [UInt8] { Alphabet.json.spelling(text) }

  /// A keyword whose value is a number of things; nil where the facet hasn't got it.
  func count(_ keyword: String, _ facet: Facet) throws(GrammarError) -> Int? {
    guard let value = facet[keyword] else { return nil }
    guard let count = value.integer, count >= 0 else {
      throw .invalid(path: facet.path, reason: "'\(keyword)' must be an integer from 0")
    }
    return min(count, Int(Int32.max) - 1)
  }
}
