/// `{"name": …, "parameters": {…}}` or `[f(a=1)]` at the beginning of the answer, with or without
/// `<|python_tag|>` before it: Llama 3.1 and later.
struct Llama3Format: ToolFormat {
  let name = "llama3_json"
  let markers = [CallMarkers("<|python_tag|>", nil)]
  let unmarkedBeginnings: [Character] = ["{", "["]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|python_tag|>")
      || clues.mentions("<|start_header_id|>") && clues.mentions("\"parameters\"")
      || clues.mentions("<|header_start|>") && clues.mentions("\"parameters\"")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    Llama3Reader(isTentative: index < 0)
  }
}

/// Reads JSON or Python; the first characters decide.
private struct Llama3Reader: CallReader {
  let isTentative: Bool
  private var beginning = ""
  private var json: JSONCallReader?
  private var isPython = false

  init(isTentative: Bool) { self.isTentative = isTentative }

  mutating func append(_ text: String) -> [CallStep] {
    if var reader = json {
      defer { json = reader }
      return reader.append(text)
    }
    beginning += text
    if isPython { return [] }
    let start = trimmed(beginning)
    guard let first = start.first else { return [] }
    let second = trimmed(start.dropFirst()).first
    if first == "{" || first == "[" && second == "{" {
      var reader = JSONCallReader(.objects, isTentative: isTentative)
      defer { json = reader }
      return reader.append(beginning)
    }
    if first == "[", second == nil { return [] }
    isPython = true
    let canBeCall = (first == "[" ? second : first).map { $0.isLetter || $0 == "_" } ?? false
    return isTentative && !canBeCall ? [.notACall] : []
  }

  mutating func finish() -> [CallStep] {
    if var reader = json { return reader.finish() }
    do {
      let calls = try PythonLiteral.calls(in: trimmed(beginning))
      return calls.flatMap(\.steps) + [.commit]
    } catch {
      if isTentative { return [.notACall] }
      return [.reject(text: nil, reason: (error as? CallError)?.reason ?? "\(error)")]
    }
  }
}
