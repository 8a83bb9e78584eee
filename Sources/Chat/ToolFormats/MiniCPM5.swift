import Grammar
import JSON

/// `<function name="NAME"><param name="KEY">VALUE</param></function>`, values with markup in CDATA.
struct MiniCPM5Format: ToolFormat {
  let name = "minicpm5"
  let markers = [CallMarkers("<function name=", "</function>")]
  let callGrammars = [
    CallGrammar(
      begin: "<function name=", head: "\"NAME\">",
      arguments: ValueNotation.elements(
        head: "<param name=\"KEY\">", end: "</param>", excluded: ["</param>", "</function>"],
        altered: TypedText.spaced + "|<!\\[CDATA\\[[\\s\\S]*"),
      end: "</function>", next: "␤", excluded: ["</param>", "</function>"])
  ]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<function name=\"") && clues.mentions("<param name=\"")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { text in
      guard let bracket = text.firstIndex(of: ">") else { throw CallError("names no function") }
      let name = unquoted(text[..<bracket])
      guard !name.isEmpty, !name.contains(where: { "<>\"'".contains($0) }) else {
        throw CallError("names no function")
      }
      var arguments = JSONObject()
      for parameter in try parameters(String(text[bracket...].dropFirst())) {
        arguments[parameter.key] = typedValue(
          parameter.value, types(of: parameter.key, in: name, tools))
      }
      return [ToolCall(name: name, arguments: .object(arguments))]
    }
  }
}

/// The parameters of a call; one without its end is left out, as the reference does.
private func parameters(_ text: String) throws -> [(key: String, value: String)] {
  var result: [(key: String, value: String)] = []
  var rest = text[...]
  while let open = rest.range(of: "<param "),
    let close = rest[open.upperBound...].range(of: "</param>")
  {
    let parameter = rest[open.upperBound..<close.lowerBound]
    rest = rest[close.upperBound...]
    guard let head = parameter.range(of: ">"),
      let key = attributes(parameter[..<head.lowerBound])["name"]
    else { continue }
    result.append((key, content(parameter[head.upperBound...])))
  }
  return result
}

/// The text of a CDATA section as it is, other text trimmed.
private func content(_ text: Substring) -> String {
  let text = trimmed(text)
  guard text.hasPrefix("<![CDATA["), text.hasSuffix("]]>") else { return text }
  return String(text.dropFirst("<![CDATA[".count).dropLast("]]>".count))
}
