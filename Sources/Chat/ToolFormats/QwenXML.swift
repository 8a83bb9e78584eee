import Grammar
import JSON

/// `<tool_call><function=NAME><parameter=KEY>VALUE</parameter></function></tool_call>`:
/// Qwen3-Coder, Nemotron, Step, and Qwen3.5, which may also write Hermes' JSON between the same
/// markers.
struct QwenXMLFormat: ToolFormat {
  let name = "qwen3_coder"
  let markers = [CallMarkers("<tool_call>", "</tool_call>")]
  let callGrammars = [functions("<tool_call>", "</tool_call>")]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<tool_call>") && clues.mentions("<function=")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    QwenCallReader(tools: tools)
  }
}

/// The same calls between Seed-OSS's markers.
struct SeedFormat: ToolFormat {
  let name = "seed_oss"
  let markers = [CallMarkers("<seed:tool_call>", "</seed:tool_call>")]
  let callGrammars = [functions("<seed:tool_call>", "</seed:tool_call>")]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<seed:tool_call>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    QwenCallReader(tools: tools)
  }
}

private func functions(_ begin: String, _ end: String) -> CallGrammar {
  CallGrammar(
    begin: begin, head: "␤<function=NAME>␤", tail: "</function>␤",
    arguments: ValueNotation.elements(
      head: "<parameter=KEY>␤", end: "␤</parameter>␤", excluded: ["</parameter>", end],
      altered: "\\n[\\s\\S]*|[\\s\\S]*\\n"), end: end, next: "␤", excluded: [end])
}

/// Reads XML, or JSON where the text begins like it.
private struct QwenCallReader: CallReader {
  private var reader: any CallReader
  private var isJSON: Bool?
  private let tools: ToolSchemas

  init(tools: ToolSchemas) {
    self.tools = tools
    reader = WholeCallReader { try [parseFunction($0, tools)] }
  }

  mutating func append(_ text: String) -> [CallStep] {
    if isJSON == nil, let first = text.first(where: { !$0.isWhitespace }) {
      isJSON = first == "{"
      if first == "{" { reader = JSONCallReader(.object) }
    }
    return reader.append(text)
  }

  mutating func finish() -> [CallStep] { reader.finish() }
}

/// `<function=NAME>` and the parameters in it.
private func parseFunction(_ text: String, _ tools: ToolSchemas) throws -> ToolCall {
  guard let begin = text.range(of: "<function="), let end = text.lastRange(of: "</function>"),
    begin.upperBound <= end.lowerBound, trimmed(text[end.upperBound...]).isEmpty
  else { throw CallError("holds no complete function") }
  var rest = text[begin.upperBound..<end.lowerBound]
  guard let name = takeName(&rest) else { throw CallError("names no function") }
  var arguments = JSONObject()
  while let open = rest.range(of: "<parameter="),
    let close = rest[open.upperBound...].range(of: "</parameter>")
  {
    var parameter = rest[open.upperBound..<close.lowerBound]
    rest = rest[close.upperBound...]
    guard let key = takeName(&parameter) else { continue }
    let value = withoutOuterNewlines(String(parameter))
    arguments[key] = try convert(value, tools.schema(of: key, in: name))
  }
  return ToolCall(name: name, arguments: .object(arguments))
}

/// A name up to white space or a bracket, and the bracket behind it.
private func takeName(_ text: inout Substring) -> String? {
  text = text.drop { $0.isWhitespace }
  let name = text.prefix { !$0.isWhitespace && $0 != "<" && $0 != ">" }
  guard !name.isEmpty else { return nil }
  text = text.dropFirst(name.count)
  if text.first == ">" { text = text.dropFirst() }
  return String(name)
}

/// A value in the type that its schema declares.
private func convert(_ value: String, _ schema: JSON?) throws -> JSON {
  if value.lowercased() == "null" { return .null }
  guard let schema = schema?.object, !schema.isEmpty else { return .string(value) }
  guard let type = schema["type"]?.string.map({ trimmed($0.lowercased()) }) else {
    if let types = ToolSchemas.declaredTypes(in: .object(schema)) {
      return typedValue(value, types)
    }
    switch try? JSON(parsing: value) {
    case .object(let object)?: return .object(object)
    case .array(let array)?: return .array(array)
    default: return .string(value)
    }
  }
  if ["string", "str", "text", "varchar", "char", "enum"].contains(type) { return .string(value) }
  if ["int", "uint", "long", "short", "unsigned"].contains(where: type.hasPrefix) {
    guard let number = pythonFloat(value), let integer = Int(exactly: number) else {
      throw CallError("has \(value) where an integer is declared")
    }
    return .integer(Int(trimmed(value)) ?? integer)
  }
  if type.hasPrefix("num") || type.hasPrefix("float") {
    guard let number = pythonFloat(value), number.isFinite else {
      throw CallError("has \(value) where a number is declared")
    }
    return jsonNumber(number)
  }
  if ["boolean", "bool", "binary"].contains(type) { return .bool(value.lowercased() == "true") }
  if ["object", "array", "arr"].contains(type) || type.hasPrefix("dict") || type.hasPrefix("list"),
    let json = lenientJSON(value)
  {
    return json
  }
  return (try? PythonLiteral.value(of: value)) ?? .string(value)
}
