/// Formats in which a JSON list of calls stands behind a marker.

/// `<|tool_call|>[{"name": …, "arguments": …}]`: Granite 3. Granite 4 speaks Hermes' format.
struct GraniteFormat: ToolFormat {
  let name = "granite"
  let markers = [CallMarkers("<|tool_call|>", nil), CallMarkers("<tool_call>[", nil)]
  let ignoredMarkers = ["<response>", "</response>"]
  let callGrammars = [CallGrammar.list("<|tool_call|>")]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<|tool_call|>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    var reader = JSONCallReader(.objects)
    if index == 1 { _ = reader.append("[") }
    return reader
  }
}

/// `<|START_ACTION|>[{"tool_call_id": "0", "tool_name": …, "parameters": {…}}]<|END_ACTION|>` (R7B
/// and Command A) and `Action: ```json […] ``` ` (Command R).
struct CommandFormat: ToolFormat {
  let name = "command_r"
  let markers = [
    CallMarkers("<|START_ACTION|>", "<|END_ACTION|>"), CallMarkers("Action:```json", "```"),
    CallMarkers("Action: ```json", "```"),
  ]
  let ignoredMarkers = [
    "<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>",
  ]
  let answerFrames = [
    (begin: "<|START_RESPONSE|>", end: "<|END_RESPONSE|>"),
    (begin: "<|START_TEXT|>", end: "<|END_TEXT|>"),
  ]
  let callGrammars = [
    CallGrammar(
      begin: "<|START_ACTION|>", space: "\\[[ \\n]{0,6}",
      head: #"{"tool_call_id": "INDEX", "tool_name": "NAME", "parameters": "#, tail: "}",
      separator: ",\n    ", end: "\n]<|END_ACTION|>", excluded: ["<|END_ACTION|>"]),
    plain("Action:```json"), plain("Action: ```json"),
  ]

  /// Command R's calls, which have no ids and stand in a fenced block.
  private static func plain(_ begin: String) -> CallGrammar {
    CallGrammar(
      begin: begin, space: "[ \\n]{1,2}\\[[ \\n]{0,6}",
      head: #"{␤        "tool_name": "NAME",␤        "parameters": "#, tail: "␤    }",
      separator: ",␤    ", end: "␤]␤```", excluded: ["```"])
  }

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|START_ACTION|>") || clues.mentions("tool_name") && clues.mentions("Action:")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { JSONCallReader(.objects) }
}

/// The others differ by their markers only.
struct BracketedListFormat: ToolFormat {
  let name: String
  let markers: [CallMarkers]

  func isSpoken(by clues: FormatClues) -> Bool { markers.contains { clues.mentions($0.begin) } }

  var callGrammars: [CallGrammar] { [.list(markers[0].begin, markers[0].end ?? "")] + others }
  var others: [CallGrammar] = []

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { JSONCallReader(.objects) }

  static let nemotron = BracketedListFormat(
    name: "nemotron", markers: [CallMarkers("<TOOLCALL>", "</TOOLCALL>")])

  /// Apriel's list, and the objects on lines of MiniMax M1.
  static let apriel = BracketedListFormat(
    name: "tool_calls", markers: [CallMarkers("<tool_calls>", "</tool_calls>")],
    others: [
      CallGrammar(
        begin: "<tool_calls>", head: #"␤{"name": "NAME", "arguments": "#, tail: "}",
        separator: "", end: "␤</tool_calls>", excluded: ["</tool_calls>"])
    ])

  static let firefunction = BracketedListFormat(
    name: "firefunction", markers: [CallMarkers("functools", nil)])
}
