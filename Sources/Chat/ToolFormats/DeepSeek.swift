import Grammar
import JSON

/// `<｜tool▁call▁begin｜>NAME<｜tool▁sep｜>{…}<｜tool▁call▁end｜>` (V3.1) and
/// `<｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME`, then the arguments in a fenced block (V3, R1).
struct DeepSeekFormat: ToolFormat {
  let name = "deepseek"
  let markers = [CallMarkers("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>")]
  let innerMarkers = ["<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"]
  let callGrammars = [
    CallGrammar(
      begin: "<｜tool▁calls▁begin｜>", head: "<｜tool▁call▁begin｜>NAME<｜tool▁sep｜>",
      tail: "<｜tool▁call▁end｜>", separator: "", end: "<｜tool▁calls▁end｜>", excluded: ends),
    CallGrammar(
      begin: "<｜tool▁calls▁begin｜>",
      head: "<｜tool▁call▁begin｜>function<｜tool▁sep｜>NAME\n```json\n",
      tail: "\n```<｜tool▁call▁end｜>", separator: "␤", end: "<｜tool▁calls▁end｜>", excluded: ends),
  ]
  private static let ends = ["<｜tool▁call▁end｜>", "<｜tool▁calls▁end｜>"]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<｜tool▁calls▁begin｜>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    SectionReader(
      .init(
        begin: "<｜tool▁call▁begin｜>", separator: "<｜tool▁sep｜>", end: "<｜tool▁call▁end｜>"
      ) { head in
        let head = trimmed(head)
        return head == "function" || head.isEmpty ? nil : (head, nil)
      })
  }
}

/// `<｜DSML｜invoke name="NAME"><｜DSML｜parameter name="KEY" string="true">VALUE</｜DSML｜parameter>…`:
/// DeepSeek V3.2 and V4, which frame the calls with two different words.
struct DeepSeekMarkupFormat: ToolFormat {
  let name = "deepseek_dsml"
  let markers = [
    CallMarkers("<｜DSML｜function_calls>", "</｜DSML｜function_calls>"),
    CallMarkers("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>"),
  ]
  let innerMarkers = ["｜DSML｜"]
  let callGrammars = ["function_calls", "tool_calls"].map { word in
    let end = "</｜DSML｜\(word)>"
    let text = ValueNotation.RawText(
      begin: "true\">", excluded: ["</｜DSML｜parameter>", "</｜DSML｜invoke>", end])
    let prefixes = ValueKind.allCases.filter { $0 != .string }.map { ($0, "false\">") }
    return CallGrammar(
      begin: "<｜DSML｜\(word)>", space: "\\n?", head: "<｜DSML｜invoke name=\"NAME\">␤",
      tail: "</｜DSML｜invoke>␤",
      arguments: [
        ValueNotation(
          members: .init(
            head: "<｜DSML｜parameter name=\"KEY\" string=\"", end: "</｜DSML｜parameter>␤",
            keys: ValueNotation.names)),
        ValueNotation(
          strings: .raw(text), prefixes: Dictionary(uniqueKeysWithValues: prefixes)), .json,
      ], separator: "", end: end, excluded: ["</｜DSML｜parameter>", "</｜DSML｜invoke>", end])
  }

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("｜DSML｜") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { text in
      let calls = try elements("｜DSML｜invoke", in: text).map { invoke in
        guard let name = invoke.attributes["name"] else { throw CallError("names no function") }
        var arguments = JSONObject()
        for parameter in try elements("｜DSML｜parameter", in: invoke.body) {
          guard let key = parameter.attributes["name"] else {
            throw CallError("has a parameter without a name")
          }
          let isText = parameter.attributes["string"] == "true"
          arguments[key] = isText ? .string(parameter.body) : looseValue(parameter.body)
        }
        return ToolCall(name: name, arguments: .object(arguments))
      }
      return calls
    }
  }
}
