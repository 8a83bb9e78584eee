import JSON

/// One value of a request body and the path by which an error names it, as `messages[1].content`.
///
/// A null counts as absent everywhere, as in the OpenAI API: it asks for nothing.
struct Field {
  let path: String
  let value: JSON?

  init(_ path: String, _ value: JSON?) {
    self.path = path
    self.value = if let value, !value.isNull { value } else { nil }
  }

  var isPresent: Bool { value != nil }

  func string() throws(APIError) -> String? {
    guard let value else { return nil }
    guard case .string(let text) = value else { throw wrongType("a string") }
    return text
  }

  func bool() throws(APIError) -> Bool? {
    guard let value else { return nil }
    guard case .bool(let flag) = value else { throw wrongType("a boolean") }
    return flag
  }

  func number(in range: ClosedRange<Double>) throws(APIError) -> Double? {
    guard let value else { return nil }
    guard let number = value.double else { throw wrongType("a number") }
    guard range.contains(number) else {
      let bounds = [range.lowerBound, range.upperBound].map(Self.text).joined(separator: " and ")
      throw refused("must be between \(bounds)")
    }
    return number
  }

  func integer(in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let value else { return nil }
    guard let number = value.double else { throw wrongType("an integer") }
    guard let integer = value.integer else {
      throw number.rounded() == number
        ? refused("must be \(Self.text(range))") : wrongType("an integer")
    }
    guard range.contains(integer) else { throw refused("must be \(Self.text(range))") }
    return integer
  }

  func array() throws(APIError) -> [Field]? {
    guard let value else { return nil }
    guard case .array(let elements) = value else { throw wrongType("an array") }
    return elements.enumerated().map { Field("\(path)[\($0.offset)]", $0.element) }
  }

  func object() throws(APIError) -> Fields? {
    guard let value else { return nil }
    guard case .object(let members) = value else { throw wrongType("an object") }
    return Fields(path: path, object: members)
  }

  /// The string, which must be one of `choices`.
  func choice(of choices: [String]) throws(APIError) -> String? {
    guard let text = try string() else { return nil }
    guard choices.contains(where: { $0.utf8.elementsEqual(text.utf8) }) else {
      let list = choices.map { "'\($0)'" }.joined(separator: ", ")
      throw refused("must be one of \(list), not '\(text.prefix(40))'")
    }
    return text
  }

  /// Insists on a value that this field can't do without.
  func required<Value>(_ value: Value?) throws(APIError) -> Value {
    guard let value else {
      throw .invalid(
        path, "Missing required parameter: '\(path)'.", code: "missing_required_parameter")
    }
    return value
  }

  func wrongType(_ expected: String) -> APIError {
    .invalid(
      path, "'\(path)' must be \(expected), not \(value?.kind ?? "null").", code: "invalid_type")
  }

  func refused(_ sentence: String) -> APIError { .invalid(path, "'\(path)' \(sentence).") }

  private static func text(_ bound: Double) -> String {
    Int(exactly: bound).map(String.init) ?? "\(bound)"
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): "a 64-bit integer"
    case (let low, .max): "an integer of at least \(low)"
    case (let low, let high): "an integer between \(low) and \(high)"
    }
  }
}

/// The members of one object of a request body.
struct Fields {
  let path: String
  let object: JSONObject

  /// Those of a whole body.
  init(body: JSON) throws(APIError) {
    guard case .object(let members) = body else {
      throw APIError(.badRequest, "The body must be a JSON object, not \(body.kind).")
    }
    self.init(path: "", object: members)
  }

  init(path: String, object: JSONObject) {
    self.path = path
    self.object = object
  }

  subscript(name: String) -> Field { Field(pathOf(name), object[name]) }

  func pathOf(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// Refuses members that aren't among `known`, naming the nearest one that is.
  func refuseUnknown(known: [String]) throws(APIError) {
    for (name, value) in object where !value.isNull {
      if known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { continue }
      throw unknown(name, known: known)
    }
  }

  func unknown(_ name: String, known: [String]) -> APIError {
    let hint = nearestWord(to: name, in: known).map { " Did you mean '\($0)'?" } ?? ""
    let path = pathOf(String(name.prefix(80)))
    return .invalid(path, "Unrecognized argument: '\(path)'.\(hint)", code: "unknown_parameter")
  }
}
