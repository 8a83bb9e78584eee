import JSON

/// The kinds of values that schemas tell apart.
public enum ValueKind: String, Sendable, CaseIterable {
  case object, array, string, number, integer, boolean, null
}

extension ValueKind {
  init(_ value: JSON) {
    switch value {
    case .null: self = .null
    case .bool: self = .boolean
    case .integer: self = .integer
    case .number: self = .number
    case .string: self = .string
    case .array: self = .array
    case .object: self = .object
    }
  }
}

/// How the values of one depth are written where that isn't JSON: as the tool calls of some model
/// have them.
///
/// Texts may hold special tokens, and ␤ for a line break that may be missing.
public struct ValueNotation: Sendable, Hashable {
  /// How strings are written.
  public enum Strings: Sendable, Hashable {
    case json
    /// Between single or double quotes, with JSON's escapes.
    case python
    case raw(RawText)
  }

  /// Strings in which nothing is escaped.
  public struct RawText: Sendable, Hashable {
    public var begin = ""
    public var end = ""
    /// What would end the text for its reader.
    public var excluded: [String]
    /// Texts, as a pattern, that the reader changes, like white space at the ends. They come only
    /// where the schema says no more of a string than that it is one.
    public var altered: String?
    /// Texts, as patterns, that the reader takes for another kind of value where the schema allows
    /// that kind beside strings; under `string`, those that it never takes for strings.
    public var misread: [ValueKind: String]

    public init(
      begin: String = "", end: String = "", excluded: [String], altered: String? = nil,
      misread: [ValueKind: String] = [:]
    ) {
      (self.begin, self.end, self.excluded) = (begin, end, excluded)
      (self.altered, self.misread) = (altered, misread)
    }
  }

  /// How objects are written. `KEY` stands for a property's name.
  public struct Members: Sendable, Hashable {
    public var open: String
    public var close: String
    public var separator: String
    public var head: String
    public var end: String
    /// Names that can be written, as a pattern.
    public var keys: String

    public init(
      open: String = "", close: String = "", separator: String = "", head: String,
      end: String = "", keys: String
    ) {
      (self.open, self.close, self.separator) = (open, close, separator)
      (self.head, self.end, self.keys) = (head, end, keys)
    }

    /// Whether names must be known beforehand, since they come twice.
    var repeatsKeys: Bool { end.contains("KEY") }
  }

  /// How arrays are written, and what stands around each element.
  public struct Items: Sendable, Hashable {
    public var open: String
    public var close: String
    public var separator: String
    public var begin: String
    public var end: String

    public init(
      open: String = "", close: String = "", separator: String = "", begin: String = "",
      end: String = ""
    ) {
      (self.open, self.close, self.separator) = (open, close, separator)
      (self.begin, self.end) = (begin, end)
    }
  }

  public var strings = Strings.json
  /// Nil for JSON's.
  public var members: Members?
  /// Nil for JSON's.
  public var items: Items?
  /// How `true`, `false` and `null` are written; JSON's words where nothing is said.
  public var words: [String: [String]] = [:]
  /// What stands before a value, by its kind.
  public var prefixes: [ValueKind: String] = [:]

  public init(
    strings: Strings = .json, members: Members? = nil, items: Items? = nil,
    words: [String: [String]] = [:], prefixes: [ValueKind: String] = [:]
  ) {
    (self.strings, self.members, self.items) = (strings, members, items)
    (self.words, self.prefixes) = (words, prefixes)
  }

  public static let json = ValueNotation()

  /// What stands before a value of that kind; integers are numbers where nothing else is said.
  func prefix(_ kind: ValueKind) -> String {
    prefixes[kind] ?? (kind == .integer ? prefixes[.number] : nil) ?? ""
  }
}
