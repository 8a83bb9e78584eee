import JSON

/// The tools that a request offers, for typing values that a format writes as bare text.
public struct ToolSchemas: Sendable {
  private let parameters: [String: JSON]
  private let names: Set<String>

  /// Reads the request's `tools`: OpenAI's objects, or bare function objects.
  public init(_ tools: [JSON]?) {
    var parameters: [String: JSON] = [:]
    var names: Set<String> = []
    for tool in tools ?? [] {
      let function = tool["function"] ?? tool
      guard let name = function["name"]?.string else { continue }
      names.insert(name)
      parameters[name] = function["parameters"]
    }
    self.parameters = parameters
    self.names = names
  }

  public func contains(_ name: String) -> Bool { names.contains(name) }

  /// The schema of a parameter; nil where the tool or the parameter isn't declared.
  func schema(of parameter: String, in tool: String) -> JSON? {
    Self.property(parameter, of: parameters[tool])
  }

  /// The types that a schema allows, looked for in `type`, `enum`, `anyOf`, `oneOf` and `allOf`.
  static func types(in schema: JSON?) -> Set<String> {
    schema.flatMap { declaredTypes(in: $0) } ?? ["string"]
  }

  /// The same; nil where the schema says nothing.
  static func declaredTypes(in schema: JSON, depth: Int = 0) -> Set<String>? {
    guard let object = resolved(schema).object, depth < 16 else { return nil }
    var types: Set<String> = []
    switch object["type"] {
    case .string(let type)?: types.insert(type.lowercased())
    case .array(let list)?: types.formUnion(list.compactMap { $0.string?.lowercased() })
    default: break
    }
    let constants = (object["enum"]?.array ?? []) + (object["const"].map { [$0] } ?? [])
    for value in constants { types.insert(typeName(of: value)) }
    for key in ["anyOf", "oneOf", "allOf"] {
      for choice in object[key]?.array ?? [] {
        types.formUnion(declaredTypes(in: inner(choice, of: schema), depth: depth + 1) ?? [])
      }
    }
    if object["nullable"]?.bool == true { types.insert("null") }
    return types.isEmpty ? nil : types
  }

  /// The schema of a property, with the definitions that it may refer to.
  static func property(_ name: String, of schema: JSON?) -> JSON? {
    guard let schema else { return nil }
    let object = resolved(schema)
    if let found = object["properties"]?[name] { return inner(found, of: schema) }
    for key in ["allOf", "anyOf", "oneOf"] {
      for choice in object[key]?.array ?? [] {
        if let found = resolved(inner(choice, of: schema))["properties"]?[name] {
          return inner(found, of: schema)
        }
      }
    }
    return nil
  }

  /// The schema of elements, likewise.
  static func elements(of schema: JSON?) -> JSON? {
    guard let schema, let found = resolved(schema)["items"] else { return nil }
    return inner(found, of: schema)
  }

  private static let definitions = ["$defs", "definitions"]

  private static func inner(_ part: JSON, of schema: JSON) -> JSON {
    guard var object = part.object else { return part }
    for key in definitions { if let value = schema[key] { object[key] = value } }
    return .object(object)
  }

  /// What a `$ref` to a definition names.
  private static func resolved(_ schema: JSON) -> JSON {
    var schema = schema
    for _ in 0..<16 {
      guard let reference = schema["$ref"]?.string else { break }
      let path = reference.split(separator: "/").map(String.init)
      guard path.count == 3, path[0] == "#", let target = schema[path[1]]?[path[2]] else { break }
      schema = inner(target, of: schema)
    }
    return schema
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
