/// `<|tool_call_start|>[f(a='x', b=2), g()]<|tool_call_end|>`: LFM2.
struct PythonicFormat: ToolFormat {
  let name = "pythonic"
  let markers = [CallMarkers("<|tool_call_start|>", "<|tool_call_end|>")]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|tool_list_start|>") || clues.mentions("<|tool_call_start|>")
      || clues.hasToken("<|tool_call_start|>") && clues.hasToken("<|tool_call_end|>")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { text in
      guard let start = text.firstIndex(of: "["), let end = text.lastIndex(of: "]"), start < end
      else { throw CallError("isn't a list of calls") }
      return try PythonLiteral.calls(in: String(text[start...end]))
    }
  }
}
