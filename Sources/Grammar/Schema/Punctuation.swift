/// What stands between the values of JSON text, in one style of white space.
struct Punctuation: Sendable {
  let colon: Expression
  let comma: GrammarBuilder.Part
  let openObject: GrammarBuilder.Part
  let closeObject: GrammarBuilder.Part
  let openArray: GrammarBuilder.Part
  let closeArray: GrammarBuilder.Part

  /// The deepest indentation of a line, in white space characters.
  private static let deepestIndentation = 64

  init(
    _ builder: inout GrammarBuilder, _ style: SchemaOptions.Whitespace
  ) {
    let space: Expression
    let inner: Expression
    switch style {
    case .compact: (space, inner) = (ExpressionPool.empty, ExpressionPool.empty)
    case .spaced: (space, inner) = (builder.pool.literal(" "), ExpressionPool.empty)
    case .flexible:
      space = Self.flexibleSpace(&builder.pool)
      inner = space
    }
    func before(_ text: String, _ builder: inout GrammarBuilder) -> Expression {
      builder.pool.concatenation(inner, builder.pool.literal(text))
    }
    func behind(_ text: String, _ space: Expression, _ builder: inout GrammarBuilder)
      -> Expression
    {
      builder.pool.concatenation(builder.pool.literal(text), space)
    }
    // Nobody writes white space in front of a colon or a comma.
    colon = behind(":", space, &builder)
    comma = builder.terminal(behind(",", space, &builder))
    openObject = builder.terminal(behind("{", inner, &builder))
    closeObject = builder.terminal(before("}", &builder))
    openArray = builder.terminal(behind("[", inner, &builder))
    closeArray = builder.terminal(before("]", &builder))
  }

  /// Nothing, a space, or a line break and an indentation.
  private static func flexibleSpace(_ pool: inout ExpressionPool) -> Expression {
    var indentation = ByteSet(UInt8(ascii: " "))
    indentation.insert(UInt8(ascii: "\t"))
    let line = pool.concatenation([
      pool.optional(pool.literal("\r")), pool.literal("\n"),
      pool.repetition(pool.bytes(indentation), 0, Int32(deepestIndentation)),
    ])
    return pool.either([ExpressionPool.empty, pool.literal(" "), line])
  }
}

extension GrammarBuilder {
  /// The punctuation of a style; made once for all schemas of the grammar.
  mutating func punctuation(_ style: SchemaOptions.Whitespace) -> Punctuation {
    if let known = punctuations[style] { return known }
    let result = Punctuation(&self, style)
    punctuations[style] = result
    return result
  }
}
