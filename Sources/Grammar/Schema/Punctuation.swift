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
  ) throws(GrammarError) {
    let space: Expression
    let inner: Expression
    switch style {
    case .compact: (space, inner) = (ExpressionPool.empty, ExpressionPool.empty)
    case .spaced: (space, inner) = (builder.pool.literal(" "), ExpressionPool.empty)
    case .flexible:
      space = try builder.expression("(?: |\\r?\\n[ \\t]{0,\(Self.deepestIndentation)})?")
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
    // Only a line break is written in front of a colon or a comma by nobody.
    colon = behind(":", space, &builder)
    comma = builder.terminal(behind(",", space, &builder))
    openObject = builder.terminal(behind("{", inner, &builder))
    closeObject = builder.terminal(before("}", &builder))
    openArray = builder.terminal(behind("[", inner, &builder))
    closeArray = builder.terminal(before("]", &builder))
  }
}
