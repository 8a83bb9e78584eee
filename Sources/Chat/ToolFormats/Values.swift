import Grammar
import JSON

/// Turning the bare text of a value into JSON, in the ways of the formats' own parsers.

/// JSON where the text is JSON, else a Python literal where it is one, else the text itself.
func looseValue(_ text: String) -> JSON {
  if let json = try? JSON(parsing: text) { return json }
  if let literal = try? PythonLiteral.value(of: text) { return literal }
  return .string(text)
}

/// JSON in which strings may hold control characters, as Python's `json.loads(strict=False)`.
func lenientJSON(_ text: String) -> JSON? {
  if let json = try? JSON(parsing: text) { return json }
  guard text.utf8.contains(where: { $0 < 0x20 }) else { return nil }
  var output: [UInt8] = []
  var isInString = false
  var isEscaped = false
  for byte in text.utf8 {
    if isInString, byte < 0x20 {
      output += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
    } else {
      output.append(byte)
    }
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = isInString
    } else if byte == UInt8(ascii: "\"") {
      isInString.toggle()
    }
  }
  return try? JSON(parsing: output)
}

/// The text without white space at both ends.
func trimmed(_ text: some StringProtocol) -> String {
  let isSpace: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
  guard let start = text.firstIndex(where: { !isSpace($0) }),
    let end = text.lastIndex(where: { !isSpace($0) })
  else { return "" }
  return String(text[start...end])
}

/// The text without one newline at each end.
func withoutOuterNewlines(_ text: String) -> String {
  var text = text[...]
  if text.utf8.first == UInt8(ascii: "\n") { text = Substring(text.unicodeScalars.dropFirst()) }
  if text.utf8.last == UInt8(ascii: "\n") { text = Substring(text.unicodeScalars.dropLast()) }
  return String(text)
}

/// A floating-point number as Python's `float` reads it.
func pythonFloat(_ text: String) -> Double? {
  let digits = trimmed(text)
  guard !digits.isEmpty, !digits.lowercased().contains("x") else { return nil }
  return Double(digits.filter { $0 != "_" })
}

/// The number as JSON: an integer where it is one.
func jsonNumber(_ value: Double) -> JSON {
  Int(exactly: value).map(JSON.integer) ?? .number(value)
}

/// Declared strings as they are, other declared values by their types, and undeclared ones loosely.
func declaredValue(_ text: String, _ schema: JSON?) -> JSON {
  guard let schema, let types = ToolSchemas.declaredTypes(in: schema) else {
    return looseValue(text)
  }
  return types == ["string"] ? .string(text) : typedValue(text, types)
}

/// What `typedValue` reads in texts that a grammar might write for strings, as patterns.
enum TypedText {
  /// White space at an end.
  static let spaced = #"[\s\u0085][\s\S]*|[\s\S]*[\s\u0085]"#

  /// Texts that aren't taken for strings where the schema allows another kind beside them.
  static let beside: [ValueKind: String] = [
    .null: words(["null", "none", "nil"]), .integer: number, .number: number,
    .boolean: words(["true", "1", "yes", "on", "false", "0", "no", "off"]), .object: literal,
    .array: literal,
  ]

  /// The same, and a null that counts as one even where only strings are allowed.
  static let misread = beside.merging([.string: words(["null"])]) { $1 }

  private static let number = #"\s*[+-]?[0-9._]+(?:[eE][+-]?[0-9_]+)?\s*"#
  /// Anything like JSON or a literal of Python.
  private static let literal =
    #"\s*(?:[\[({'"0-9.+-]|[A-Za-z]{0,2}['"]|(?:[Tt]rue|[Ff]alse|None|null)(?![A-Za-z0-9_]))[\s\S]*"#

  /// Words in capitals or not.
  private static func words(_ words: [String]) -> String {
    let choices = words.map { word in
      word.map { $0.isLetter ? "[\($0)\($0.uppercased())]" : String($0) }.joined()
    }
    return "\\s*(?:\(choices.joined(separator: "|")))\\s*"
  }
}

extension ValueNotation {
  /// Names of properties that stand in tags and attributes as they are.
  static let names = #"[^\s"'<>&=:{},\[\]|]+"#

  /// An element for each argument, with strings as they are and everything else as JSON.
  ///
  /// - Parameter altered: texts that the format's reader changes.
  static func elements(
    head: String, end: String, excluded: [String], altered: String = TypedText.spaced,
    misread: [ValueKind: String] = TypedText.misread
  ) -> [ValueNotation] {
    [
      ValueNotation(members: .init(head: head, end: end, keys: names)),
      ValueNotation(
        strings: .raw(.init(excluded: excluded, altered: altered, misread: misread))), .json,
    ]
  }
}

/// Values by the types their schema allows, the most specific that fits first; as MiniMax's and
/// MiniCPM's parsers have it.
func typedValue(_ text: String, _ types: Set<String>) -> JSON {
  let lowered = text.lowercased()
  if lowered == "null" { return .null }
  if types.contains("null"), ["none", "nil"].contains(lowered) { return .null }
  func allows(_ names: String...) -> Bool { names.contains { types.contains($0) } }
  if allows("integer", "int"), let integer = Int(trimmed(text).filter { $0 != "_" }) {
    return .integer(integer)
  }
  if allows("number", "float"), let number = pythonFloat(text), number.isFinite {
    return jsonNumber(number)
  }
  if allows("boolean", "bool") {
    let word = trimmed(lowered)
    if ["true", "1", "yes", "on"].contains(word) { return true }
    if ["false", "0", "no", "off"].contains(word) { return false }
  }
  if allows("object", "array") {
    if let json = lenientJSON(text) { return json }
    if let literal = try? PythonLiteral.value(of: text) { return literal }
  }
  if allows("string", "str", "text") { return .string(text) }
  return (try? JSON(parsing: text)) ?? .string(text)
}
