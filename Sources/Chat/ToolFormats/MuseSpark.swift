import JSON

/// `<atem:function_calls><atem:invoke name="NAME"><atem:parameter
/// name="KEY">VALUE</atem:parameter>…`
///
/// An answer is in messages, each with a header that says whom it is for:
/// ` to=self<|message|>reasoning<|eom|><|start|>assistant to=user<|message|>answer<|eot|>`.
struct MuseSparkFormat: ToolFormat {
  let name = "muse_spark"
  let markers = [CallMarkers("<atem:function_calls>", "</atem:function_calls>")]
  let innerMarkers = ["<|start|>"]
  let headerOpening: String? = "<|start|>assistant"

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<atem:function_calls>") }

  func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar {
    var grammar = OutputGrammar(calls: markers, reasoning: reasoning)
    grammar.add("to=self<|message|>", from: [.header], to: .reasoning)
    for reader in ["to=user<|message|>", "to=commentary<|message|>"] {
      grammar.add(reader, from: [.header], to: .content)
    }
    grammar.add(markers[0].begin, from: [.header], to: .call(0))
    grammar.add("<|eom|>", from: [.reasoning, .contentStart, .content], to: .header)
    grammar.add("<|eot|>", from: [.contentStart, .content], to: .same)
    return grammar
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { text in
      try elements("atem:invoke", in: closed(text)).map { invoke in
        guard let name = invoke.attributes["name"] else { throw CallError("names no function") }
        var arguments = JSONObject()
        for parameter in (try? elements("atem:parameter", in: invoke.body)) ?? [] {
          guard let key = parameter.attributes["name"] else { continue }
          arguments[key] = (try? JSON(parsing: parameter.body)) ?? .string(trimmed(parameter.body))
        }
        return ToolCall(name: name, arguments: .object(arguments))
      }
    }
  }
}

/// The text with the end of its last call, which may be missing.
private func closed(_ text: String) -> String {
  let begin = text.lastRange(of: "<atem:invoke")
  let end = text.lastRange(of: "</atem:invoke>")
  guard let begin, end.map({ $0.lowerBound < begin.lowerBound }) ?? true else { return text }
  return text + "</atem:invoke>"
}
