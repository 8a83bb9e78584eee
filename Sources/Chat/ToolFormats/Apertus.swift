import JSON

/// `<|tools_prefix|>[{"NAME": {…}}, …]<|tools_suffix|>`: Apertus, whose calls are objects with the
/// tool's name for their only key.
struct ApertusFormat: ToolFormat {
  let name = "apertus"
  let markers = [CallMarkers("<|tools_prefix|>", "<|tools_suffix|>")]
  let callGrammars = [
    CallGrammar(
      begin: "<|tools_prefix|>", space: "\\[", head: #"{"NAME": "#, tail: "}", separator: ", ",
      end: "]<|tools_suffix|>", excluded: ["<|tools_suffix|>"])
  ]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<|tools_prefix|>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { text in
      guard let list = lenientJSON(trimmed(text))?.array else {
        throw CallError("isn't a JSON list")
      }
      return try list.flatMap { item in
        guard let object = item.object else { throw CallError("isn't a list of objects") }
        return try object.members.map { name, arguments in
          guard arguments.object != nil else {
            throw CallError("has arguments that aren't an object")
          }
          return ToolCall(name: name, arguments: arguments)
        }
      }
    }
  }
}
