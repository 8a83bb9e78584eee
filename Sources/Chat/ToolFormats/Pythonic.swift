import Grammar

/// `<|tool_call_start|>[f(a='x', b=2), g()]<|tool_call_end|>`: LFM2.
struct PythonicFormat: ToolFormat {
  let name = "pythonic"
  let markers = [CallMarkers("<|tool_call_start|>", "<|tool_call_end|>")]
  let callGrammars: [CallGrammar] = {
    var calls = list.behind("<|tool_call_start|>")
    calls.end = "]<|tool_call_end|>"
    calls.excluded = ["<|tool_call_end|>"]
    return [calls]
  }()

  /// A list of calls without a marker.
  static let list = CallGrammar(
    begin: "", beginning: #"\s*\[\s*NAME\s*\("#, space: "\\[", head: "NAME(", tail: ")",
    arguments: [
      ValueNotation(
        members: .init(separator: ", ", head: "KEY=", keys: identifier)),
      ValueNotation(
        strings: .python,
        words: ["true": ["True", "true"], "false": ["False", "false"], "null": ["None", "null"]]),
    ], separator: ", ", end: "]", names: "\(identifier)(?:\\.\(identifier))*")
  private static let identifier = "[A-Za-z_][A-Za-z0-9_]*"

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
