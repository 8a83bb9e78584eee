import JSON

/// `<atem:function_calls><atem:invoke name="NAME"><atem:parameter
/// name="KEY">VALUE</atem:parameter>…`
struct MuseSparkFormat: ToolFormat {
  let name = "muse_spark"
  let markers = [CallMarkers("<atem:function_calls>", "</atem:function_calls>")]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<atem:function_calls>") }

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
