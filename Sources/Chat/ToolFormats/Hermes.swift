/// `<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Hermes, Qwen 2.5 and 3, and many others.
struct HermesFormat: ToolFormat {
  let name = "json_tools"
  let markers = [CallMarkers("<tool_call>", "</tool_call>")]
  let callGrammars = [CallGrammar.object("<tool_call>", "</tool_call>")]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<tool_call>")
      && ["tool_call.name", "\"arguments\"", "'arguments'", "<tools>"].contains(
        where: clues.mentions)
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { JSONCallReader(.object) }
}
