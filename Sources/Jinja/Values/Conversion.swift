import JSON

/// From JSON to values.

extension Value {
  /// A JSON value, its strings marked with the label (0: not marked).
  init(_ json: JSON, label: UInt8 = 0) throws {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .float(value)
    case .string(let string): self = .string(Text(string, label: label))
    case .array(let elements):
      self = try .list(elements.map { try Value($0, label: label) })
    case .object(let object):
      let mapping = Mapping()
      for (key, value) in object {
        try mapping.set(.string(Text(key, label: label)), try Value(value, label: label))
      }
      self = .dictionary(mapping)
    }
  }

  /// A variable's value; the elements of an array may come from different places.
  init(variable name: String, _ json: JSON, origin: RenderOptions.Origin?) throws {
    guard let origin else {
      self = try Value(json)
      return
    }
    if case .array(let elements) = json {
      self = try .list(elements.map { try Value($0, label: origin(name, $0)) })
    } else {
      self = try Value(json, label: origin(name, json))
    }
  }
}
