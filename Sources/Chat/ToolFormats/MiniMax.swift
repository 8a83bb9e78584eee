import Grammar
import JSON

/// `<minimax:tool_call><invoke name="NAME"><parameter name="KEY">VALUE</parameter></invoke>…`
struct MiniMaxM2Format: ToolFormat {
  let name = "minimax_m2"
  let markers = [CallMarkers("<minimax:tool_call>", "</minimax:tool_call>")]
  let callGrammars = [
    CallGrammar(
      begin: "<minimax:tool_call>", space: "\\n?", head: "<invoke name=\"NAME\">␤",
      tail: "</invoke>␤",
      arguments: ValueNotation.elements(
        head: "<parameter name=\"KEY\">", end: "</parameter>␤",
        excluded: ["</parameter>", "</invoke>", "</minimax:tool_call>"]),
      separator: "", end: "</minimax:tool_call>", excluded: ["</invoke>", "</minimax:tool_call>"])
  ]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<minimax:tool_call>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    InvokeReader(begin: "<invoke name=", end: "</invoke>") { try parseInvoke($0, tools) }
  }
}

/// `"NAME"><parameter name="KEY">VALUE</parameter>…`
private func parseInvoke(_ text: String, _ tools: ToolSchemas) throws -> ToolCall {
  guard let bracket = text.firstIndex(of: ">") else { throw CallError("names no function") }
  let name = unquoted(text[..<bracket])
  var arguments = JSONObject()
  var rest = text[bracket...]
  while let open = rest.range(of: "<parameter name="),
    let close = rest[open.upperBound...].range(of: "</parameter>")
  {
    let parameter = rest[open.upperBound..<close.lowerBound]
    rest = rest[close.upperBound...]
    guard let end = parameter.firstIndex(of: ">") else { continue }
    let key = unquoted(parameter[..<end])
    let value = withoutOuterNewlines(trimmed(parameter[parameter.index(after: end)...]))
    arguments[key] = typedValue(value, types(of: key, in: name, tools))
  }
  return ToolCall(name: name, arguments: .object(arguments))
}

/// The types a parameter may have; strings only where it isn't declared.
func types(of parameter: String, in tool: String, _ tools: ToolSchemas) -> Set<String> {
  tools.schema(of: parameter, in: tool).map { ToolSchemas.types(in: $0) } ?? ["string"]
}

/// A name without the quotes around it.
func unquoted(_ text: some StringProtocol) -> String {
  let text = trimmed(text)
  guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'"
  else { return text }
  return String(text.dropFirst().dropLast())
}

/// Reads calls that each stand between two markers within a section; complete ones count even where
/// the section is cut.
struct InvokeReader: CallReader {
  private let begin: String
  private let end: String
  private let parse: @Sendable (String) throws -> ToolCall
  private var text: [UInt8] = []
  private var matcher: MarkerMatcher
  private var isInside = false
  private var hasCalls = false

  init(begin: String, end: String, parse: @escaping @Sendable (String) throws -> ToolCall) {
    self.begin = begin
    self.end = end
    self.parse = parse
    matcher = MarkerMatcher([Array(begin.utf8), Array(end.utf8)], structural: 2)
  }

  mutating func append(_ text: String) -> [CallStep] {
    var steps: [CallStep] = []
    for byte in text.utf8 {
      self.text.append(byte)
      guard let marker = matcher.advance(byte) else { continue }
      if marker == 0, !isInside {
        isInside = true
        self.text = []
      } else if marker == 1, isInside {
        steps += call(String(decoding: self.text.dropLast(end.utf8.count), as: UTF8.self))
        isInside = false
        self.text = []
      }
    }
    return steps
  }

  private mutating func call(_ text: String) -> [CallStep] {
    hasCalls = true
    do {
      return try parse(text).steps + [.commit]
    } catch {
      let reason = (error as? CallError)?.reason ?? "\(error)"
      return [.reject(text: begin + text + end, reason: reason)]
    }
  }

  mutating func finish() -> [CallStep] {
    if isInside {
      let rest = String(decoding: text, as: UTF8.self)
      return [.reject(text: begin + rest, reason: "is cut off")]
    }
    return hasCalls ? [] : [.reject(text: nil, reason: "holds no call")]
  }
}
