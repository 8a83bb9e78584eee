/// Why a grammar can't be made.
public enum GrammarError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A keyword of a schema, or a part of a pattern, that masks can't enforce. `path` is a JSON
  /// pointer into the schema.
  case unsupported(keyword: String, path: String, reason: String)
  /// Something that isn't a schema, a pattern or a grammar at all.
  case invalid(path: String, reason: String)
  /// More than the limits allow.
  case tooLarge(String)

  public var description: String {
    switch self {
    case .unsupported(let keyword, let path, let reason):
      "'\(keyword)' at '\(path.isEmpty ? "#" : path)' can't be enforced: \(reason)"
    case .invalid(let path, let reason): "\(path.isEmpty ? "#" : path): \(reason)"
    case .tooLarge(let what): "the grammar is too large: \(what)"
    }
  }
}

/// How large a grammar may grow, so that hostile input ends in an error and not in a stall.
public struct GrammarLimits: Sendable {
  /// Regular expressions made while a grammar is built.
  public var expressions = 400_000
  /// Derivatives taken and alternatives looked at while a grammar is built. In a release build a
  /// million takes some 0.2 s.
  public var work = 6_000_000
  /// The same while texts follow it, at once; and what each token adds to what is left of that.
  public var followingWork = 3_000_000
  public var workPerToken = 30_000
  /// Grammar nodes: sequences, choices, rules.
  public var nodes = 200_000
  /// How deeply a schema or a grammar text may nest.
  public var depth = 64
  /// Bytes of a pattern or a grammar text.
  public var textBytes = 1 << 18
  /// Most repetitions that a bound may name.
  public var repetitions = 1 << 20
  /// Bytes that the automaton keeps before it starts over.
  public var automatonBytes = 96 << 20
  /// Ways in which a text may be read at once.
  public var ambiguity = 8192

  /// About how much memory a regular expression takes.
  public static let bytesPerExpression = ExpressionPool.bytesPerNode

  public init() {}
}
