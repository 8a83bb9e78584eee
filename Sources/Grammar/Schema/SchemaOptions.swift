/// How JSON is written under a schema.
public struct SchemaOptions: Sendable, Hashable {
  /// What may stand between the parts of objects and arrays.
  public enum Whitespace: Sendable, Hashable {
    /// Nothing: `{"a":1,"b":[2,3]}`.
    case compact
    /// One space behind commas and colons: `{"a": 1, "b": [2, 3]}`.
    case spaced
    /// Nothing, one space, or one line break with indentation: never more, since white space
    /// without end is where small models get lost.
    case flexible
  }

  public var whitespace = Whitespace.flexible
  /// Whether objects that declare properties, be it none, and say nothing of others take no others.
  public var closesObjects = false
  /// Texts that no string may hold, such as the marker behind a tool call.
  public var excludedTexts: [String] = []
  /// How values are written by their depth, the outermost first. The last one holds for all that
  /// lie deeper; without any, everything is JSON.
  public var notations: [ValueNotation] = []

  public init() {}
}
