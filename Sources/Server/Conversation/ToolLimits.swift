import JSON

/// How many tools and how large a schema a request may have, whatever API it came by: what they cost
/// grows with them, and it costs before the first token.
enum ToolLimits {
  static let most = 1024
  static let largestSchema = 256 << 10

  static func tools(_ field: Field) throws(APIError) -> [Field] {
    let tools = try field.array() ?? []
    guard tools.count <= most else {
      throw field.refused("may hold \(most) tools at most, not \(tools.count)")
    }
    return tools
  }

  /// A schema, which is an object.
  static func schema(_ field: Field) throws(APIError) -> JSON? {
    guard let schema = try field.object() else { return nil }
    return try checked(.object(schema.object), field)
  }

  /// A schema that was found in a field.
  static func checked(_ schema: JSON, _ field: Field) throws(APIError) -> JSON {
    guard schema.text().utf8.count <= largestSchema else {
      throw field.refused("may be \(largestSchema >> 10) KiB of JSON at most")
    }
    return schema
  }
}
