import JSON

/// Words for writing JSON schemas.
enum Schema {
  static let string: JSON = ["type": "string"]
  static let boolean: JSON = ["type": "boolean"]
  static let number: JSON = ["type": "number"]
  static let anyObject: JSON = ["type": "object"]

  static func number(_ low: Double, _ high: Double) -> JSON {
    ["type": "number", "minimum": .number(low), "maximum": .number(high)]
  }

  static func integer(_ low: Int? = nil, _ high: Int? = nil) -> JSON {
    var schema = JSONObject([(key: "type", value: "integer")])
    if let low { schema["minimum"] = .integer(low) }
    if let high { schema["maximum"] = .integer(high) }
    return .object(schema)
  }

  static func array(_ items: JSON, atLeast least: Int? = nil, atMost most: Int? = nil) -> JSON {
    var schema = JSONObject([(key: "type", value: "array"), (key: "items", value: items)])
    if let least { schema["minItems"] = .integer(least) }
    if let most { schema["maxItems"] = .integer(most) }
    return .object(schema)
  }

  static func choice(_ values: [JSON]) -> JSON { ["enum": .array(values)] }

  static func any(_ schemas: JSON...) -> JSON { ["anyOf": .array(schemas)] }

  /// An object of these members and no others.
  static func object(_ members: JSONObject, required: [String] = []) -> JSON {
    var schema = JSONObject([
      (key: "type", value: "object"), (key: "properties", value: .object(members)),
      (key: "additionalProperties", value: false),
    ])
    if !required.isEmpty { schema["required"] = .array(required.map(JSON.string)) }
    return .object(schema)
  }

  /// The same, of members in the order written.
  static func object(_ members: KeyValuePairs<String, JSON>, required: [String] = []) -> JSON {
    object(JSONObject(members.map { (key: $0.key, value: $0.value) }), required: required)
  }

  /// An object of an answer: all of its members are there, and later versions may add some.
  static func answer(_ members: KeyValuePairs<String, JSON>) -> JSON {
    [
      "type": "object",
      "properties": .object(JSONObject(members.map { (key: $0.key, value: $0.value) })),
      "required": .array(members.map { .string($0.key) }),
    ]
  }
}
