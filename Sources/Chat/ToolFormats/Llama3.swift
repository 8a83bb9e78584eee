/// `{"name": …, "parameters": {…}}` or `[f(a=1)]` at the beginning of the answer, with or without
/// `<|python_tag|>` before it: Llama 3.1 and later. Llama 4 may write its calls between
/// `<|python_start|>` and `<|python_end|>`, or its answer there and the calls behind it.
struct Llama3Format: ToolFormat {
  let name = "llama3_json"
  let markers = [CallMarkers("<|python_tag|>", nil)]
  let ignoredMarkers = ["<|python_start|>", "<|python_end|>"]
  let unmarkedBeginnings: [Character] = ["{", "["]
  let callGrammars = [
    object, object.behind("<|python_tag|>"), PythonicFormat.list,
    PythonicFormat.list.behind("<|python_tag|>"),
  ]
  private static let object = CallGrammar(
    begin: "",
    beginning: #"\s*\[?\s*\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"NAME""#,
    head: #"{"name": "NAME", "parameters": "#, tail: "}", separator: "; ")

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|python_tag|>")
      || clues.mentions("<|start_header_id|>") && clues.mentions("\"parameters\"")
      || clues.mentions("<|header_start|>") && clues.mentions("\"parameters\"")
  }

  func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar {
    var grammar = OutputGrammar(calls: markers, ignored: ignoredMarkers, reasoning: reasoning)
    grammar.add("<|python_end|>", from: [.call], to: .callEnd)
    return grammar
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    Llama3Reader(isTentative: index < 0, tools: tools)
  }
}

/// Reads JSON or Python; the first characters decide. Where there is no marker, only a call of an
/// offered tool is a call, and the rest stays an answer.
private struct Llama3Reader: CallReader {
  let isTentative: Bool
  let tools: ToolSchemas
  /// The text without its first white space.
  private var beginning = ""
  private var json: JSONCallReader?
  private var isPython = false

  init(isTentative: Bool, tools: ToolSchemas) {
    self.isTentative = isTentative
    self.tools = tools
  }

  mutating func append(_ text: String) -> [CallStep] {
    if json != nil { return appendJSON(text) }
    beginning += beginning.isEmpty ? text.drop { $0.isWhitespace } : text[...]
    if isPython { return [] }
    guard let first = beginning.first else { return [] }
    let second = beginning.dropFirst().first { !$0.isWhitespace }
    if first == "{" || first == "[" && second == "{" {
      json = JSONCallReader(.objects, isTentative: isTentative)
      return appendJSON(beginning)
    }
    if isTentative { return checkPython(beginning) }
    isPython = first != "[" || second != nil
    return []
  }

  private mutating func appendJSON(_ text: String) -> [CallStep] {
    let steps = json?.append(text) ?? []
    if isTentative, case .begin(let name, _)? = steps.first, !tools.contains(name) {
      return [.notACall]
    }
    return steps
  }

  /// Whether the text goes on like `[name(`, with the name of a tool.
  private mutating func checkPython(_ start: String) -> [CallStep] {
    guard start.first == "[", start.utf8.count < 512 else { return [.notACall] }
    let rest = start.dropFirst().drop { $0.isWhitespace }
    let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
    guard let next = rest.dropFirst(name.count).first(where: { !$0.isWhitespace }) else {
      return []
    }
    guard next == "(", tools.contains(String(name)) else { return [.notACall] }
    isPython = true
    return []
  }

  mutating func finish() -> [CallStep] {
    if var reader = json { return reader.finish() }
    do {
      let calls = try PythonLiteral.calls(in: trimmed(beginning))
      guard !calls.isEmpty else { throw CallError("holds no call") }
      return calls.flatMap(\.steps) + [.commit]
    } catch {
      if isTentative { return [.notACall] }
      return [.reject(text: nil, reason: (error as? CallError)?.reason ?? "\(error)")]
    }
  }
}
