import JSON

/// One object of tokenizer.json that configures a step, with its place for error messages.
struct Component {
  let file: String
  /// Where the object is, as `normalizer.normalizers[1]`.
  let key: String
  private let members: JSONObject

  init(_ value: JSON, file: String, key: String) throws {
    guard let members = value.object else {
      throw TokenizerError(file: file, key: key, "expected an object, not \(value.kind)")
    }
    self.file = file
    self.key = key
    self.members = members
  }

  func has(_ name: String) -> Bool { members[name].map { !$0.isNull } ?? false }

  func string(_ name: String) throws -> String { try value(name, "a string", \.string) }
  func bool(_ name: String) throws -> Bool { try value(name, "a boolean", \.bool) }

  func bool(_ name: String, default fallback: Bool) throws -> Bool {
    has(name) ? try bool(name) : fallback
  }

  func string(_ name: String, default fallback: String) throws -> String {
    has(name) ? try string(name) : fallback
  }

  func optionalString(_ name: String) throws -> String? { has(name) ? try string(name) : nil }

  /// A whole number that isn't negative.
  func count(_ name: String) throws -> Int {
    let number = try value(name, "a number", \.integer)
    guard number >= 0, number <= Int(Int32.max) else {
      throw error("\(number) is out of range", at: name)
    }
    return number
  }

  func count(_ name: String, default fallback: Int) throws -> Int {
    has(name) ? try count(name) : fallback
  }

  func number(_ name: String) throws -> Double { try value(name, "a number", \.double) }

  func id(_ name: String) throws -> Int32 { Int32(try count(name)) }

  /// A string that must hold exactly one character (one Unicode scalar).
  func character(_ name: String) throws -> Unicode.Scalar {
    let scalars = try string(name).unicodeScalars
    guard let first = scalars.first, scalars.count == 1 else {
      throw error("expected one character", at: name)
    }
    return first
  }

  func object(_ name: String) throws -> JSONObject { try value(name, "an object", \.object) }
  func array(_ name: String) throws -> [JSON] { try value(name, "an array", \.array) }

  func component(_ name: String) throws -> Component {
    try Component(.object(try object(name)), file: file, key: path(name))
  }

  func components(_ name: String) throws -> [Component] {
    try array(name).enumerated().map { index, value in
      try Component(value, file: file, key: path("\(name)[\(index)]"))
    }
  }

  func error(_ message: String, at name: String? = nil) -> TokenizerError {
    TokenizerError(file: file, key: name.map(path) ?? key, message)
  }

  func path(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }

  private func value<Value>(
    _ name: String, _ kind: String, _ read: (JSON) -> Value?
  ) throws -> Value {
    guard let value = members[name] else { throw error("is missing", at: name) }
    guard let result = read(value) else {
      throw error("expected \(kind), not \(value.kind)", at: name)
    }
    return result
  }
}

extension Component {
  /// Makes what the component's `type` names, from a list of all the kinds there are.
  func make<Step>(
    _ step: String, from kinds: [String: @Sendable (Component) throws -> Step]
  ) throws -> Step {
    let type = try string("type")
    guard let make = kinds[type] else {
      let known = kinds.keys.sorted().joined(separator: ", ")
      throw error("the \(step) \"\(type)\" isn't supported; known are \(known)", at: "type")
    }
    return try make(self)
  }
}
