/// `<function=NAME>{…}</function>`: Functionary 3.1, and Llama 3.1 where its prompt asks for it.
struct FunctionTagsFormat: ToolFormat {
  let name = "function_tags"
  let markers = [CallMarkers("<function=", "</function>")]
  let callGrammars = [
    CallGrammar(
      begin: "<function=", head: "NAME>", end: "</function>", next: "", excluded: ["</function>"])
  ]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<function=") && clues.mentions("</function>")
      && !clues.mentions("<parameter=")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { FunctionTagReader() }
}

/// Reads a name up to a bracket, and the arguments behind it.
private struct FunctionTagReader: CallReader {
  private var name = ""
  private var call: HeadedCallReader?
  private var isNameless = false

  mutating func append(_ text: String) -> [CallStep] {
    if call != nil { return call?.append(text) ?? [] }
    guard !isNameless, let bracket = text.utf8.firstIndex(of: UInt8(ascii: ">")) else {
      name += text
      return []
    }
    name = trimmed(name + text[..<bracket])
    isNameless = name.isEmpty
    if isNameless { return [] }
    var reader = HeadedCallReader()
    let steps = reader.append(name) + reader.append(String(text[bracket...].dropFirst()))
    call = reader
    return steps
  }

  mutating func finish() -> [CallStep] {
    call?.finish() ?? [.reject(text: nil, reason: "names no function")]
  }
}
