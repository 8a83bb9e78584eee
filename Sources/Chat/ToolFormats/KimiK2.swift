/// `<|tool_call_begin|>functions.NAME:INDEX<|tool_call_argument_begin|>{…}<|tool_call_end|>` in a
/// section of its own. The id that the model writes goes on counting over the conversation.
struct KimiK2Format: ToolFormat {
  let name = "kimi_k2"
  let markers = [CallMarkers("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>")]
  let innerMarkers = [
    "<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>",
  ]
  let callGrammars = [
    CallGrammar(
      begin: "<|tool_calls_section_begin|>",
      head: "<|tool_call_begin|>functions.NAME:INDEX<|tool_call_argument_begin|>",
      tail: "<|tool_call_end|>", separator: "", end: "<|tool_calls_section_end|>",
      excluded: ["<|tool_call_end|>", "<|tool_calls_section_end|>"])
  ]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<|tool_calls_section_begin|>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    SectionReader(
      .init(
        begin: "<|tool_call_begin|>", separator: "<|tool_call_argument_begin|>",
        end: "<|tool_call_end|>"
      ) { try Self.head($0) })
  }

  /// `functions.NAME:INDEX`
  private static func head(_ text: String) throws -> (name: String, id: String?)? {
    let id = trimmed(text)
    guard let colon = id.lastIndex(of: ":"), !id[colon...].dropFirst().isEmpty,
      id[colon...].dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
    else { throw CallError("has no name") }
    let path = id[..<colon]
    let name = path.hasPrefix("functions.") ? path.dropFirst("functions.".count) : path
    guard !name.isEmpty, !name.contains("<") else { throw CallError("has no name") }
    return (String(name), id)
  }
}
