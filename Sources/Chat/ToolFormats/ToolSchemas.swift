import JSON

/// The tools that a request offers, for typing values that a format writes as bare text.
public struct ToolSchemas: Sendable {
  private let properties: [String: JSONObject]
  private let names: Set<String>

  /// Reads the request's `tools`: OpenAI's objects, or bare function objects.
  public init(_ tools: [JSON]?) {
    var properties: [String: JSONObject] = [:]
    var names: Set<String> = []
    for tool in tools ?? [] {
      let function = tool["function"] ?? tool
      guard let name = function["name"]?.string else { continue }
      names.insert(name)
      properties[name] = function["parameters"]?["properties"]?.object ?? JSONObject()
    }
    self.properties = properties
    self.names = names
  }

  public func contains(_ name: String) -> Bool { names.contains(name) }

  /// The schema of a parameter; nil where the tool or the parameter isn't declared.
  func schema(of parameter: String, in tool: String) -> JSON? { properties[tool]?[parameter] }

  /// The types that a schema allows, looked for in `type`, `enum`, `anyOf`, `oneOf` and `allOf`.
  static func types(in schema: JSON?, depth: Int = 0) -> Set<String> {
    guard let object = schema?.object, depth < 16 else { return ["string"] }
    var types: Set<String> = []
    switch object["type"] {
    case .string(let type)?: types.insert(type.lowercased())
    case .array(let list)?: types.formUnion(list.compactMap { $0.string?.lowercased() })
    default: break
    }
    for value in object["enum"]?.array ?? [] { types.insert(typeName(of: value)) }
    for key in ["anyOf", "oneOf", "allOf"] {
      for choice in object[key]?.array ?? [] {
        types.formUnion(self.types(in: choice, depth: depth + 1))
      }
    }
    return types.isEmpty ? ["string"] : types
  }

  private static func typeName(of value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
