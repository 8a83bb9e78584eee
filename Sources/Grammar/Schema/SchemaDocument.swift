import JSON

/// A schema among those that must hold at one place: an object of keywords.
struct Facet: Sendable {
  /// JSON pointer of the schema, for messages and for telling schemas apart.
  var path: String
  var keywords: JSONObject
  /// Keywords that have been dealt with, ascending.
  private(set) var handled: [String] = []

  init(path: String, keywords: JSONObject) {
    (self.path, self.keywords) = (path, keywords)
  }

  subscript(keyword: String) -> JSON? {
    guard let value = keywords[keyword], !handled.contains(keyword) else { return nil }
    return value
  }

  func without(_ keyword: String) -> Facet {
    guard self[keyword] != nil else { return self }
    var result = self
    result.handled.insert(keyword, at: handled.firstIndex { $0 > keyword } ?? handled.count)
    return result
  }

  /// What tells a facet from others of its schema.
  struct Identity: Hashable, Sendable {
    let path: String
    let handled: [String]
  }

  var identity: Identity { Identity(path: path, handled: handled) }

  func unsupported(_ keyword: String, _ reason: String) -> GrammarError {
    .unsupported(keyword: keyword, path: path, reason: reason)
  }

  /// Whether `not` excludes an array or object that is empty. Others can't be excluded.
  func excludes(empty: JSON) throws(GrammarError) -> Bool {
    let values = (self[SchemaKeywords.notEnum]?.array ?? []).filter { $0.kind == empty.kind }
    guard values.allSatisfy({ $0 == empty }) else {
      throw unsupported("not", "arrays and objects can't be excluded unless they are empty")
    }
    return !values.isEmpty
  }
}

/// A whole schema, in which references are looked up.
struct SchemaDocument: Sendable {
  /// With references as pointers from here.
  let root: JSON

  init(_ root: JSON, limits: GrammarLimits) throws(GrammarError) {
    self.root =
      Self.needsIndex(root, depth: limits.depth)
      ? try SchemaReferences.resolved(root, depth: limits.depth) : root
  }

  /// Whether something is named by `$anchor` or `$id`, or lies too deep.
  private static func needsIndex(_ schema: JSON, depth: Int) -> Bool {
    guard depth > 0 else { return true }
    switch schema {
    case .object(let object):
      return object.contains { key, value in
        key == "$anchor" || key == "$id" || needsIndex(value, depth: depth - 1)
      }
    case .array(let elements): return elements.contains { needsIndex($0, depth: depth - 1) }
    case .null, .bool, .integer, .number, .string: return false
    }
  }

  /// A key as a JSON pointer has it.
  static func escaped(_ key: String) -> String {
    guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
      return key
    }
    return key.reduce(into: "") { result, character in
      switch character {
      case "~": result += "~0"
      case "/": result += "~1"
      default: result.append(character)
      }
    }
  }

  /// The schema that a `$ref` names.
  func resolve(_ reference: String, in facet: Facet) throws(GrammarError) -> (
    path: String, schema: JSON
  ) {
    if reference.isEmpty || reference == "#" { return ("", root) }
    guard reference.hasPrefix("#/") else {
      throw facet.unsupported("$ref", "'\(reference)' is not in this schema")
    }
    var schema = root
    for part in reference.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) {
      guard let next = Self.step(schema, Self.unescaped(String(part))) else {
        throw .invalid(path: facet.path, reason: "'$ref' names '\(reference)', which isn't there")
      }
      schema = next
    }
    return (String(reference.dropFirst()), schema)
  }

  private static func step(_ schema: JSON, _ key: String) -> JSON? {
    if let array = schema.array {
      return Int(key).flatMap { array.indices.contains($0) ? array[$0] : nil }
    }
    return schema[key]
  }

  /// `%22` and the like, then `~1` and `~0`.
  private static func unescaped(_ part: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(part.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else if byte == UInt8(ascii: "~"), let next = rest.first, next == 0x30 || next == 0x31 {
        bytes.append(next == 0x30 ? UInt8(ascii: "~") : UInt8(ascii: "/"))
        rest = rest.dropFirst()
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
