import JSON
import Testing

@testable import Chat

/// White space between reasoning, text and calls.
@Suite struct PartSpacingTests {
  private static let call = #"<tool_call>{"name": "get_weather", "arguments": {}}</tool_call>"#
  private static let unknown = #"<tool_call>{"name": "f", "arguments": {}}</tool_call>"#

  struct Case: Sendable, CustomTestStringConvertible {
    let output: String
    let content: String
    var reasoning = ""
    var prompt = ""
    var finish = FinishReason.stop
    var stop: [String] = []

    var testDescription: String { output.debugDescription }
  }

  static let cases = [
    Case(output: "\n Plain text \n", content: "\n Plain text \n"),
    Case(output: "<think>\nhm \n\nso\n</think>\n\nok\n", content: "ok\n", reasoning: "hm \n\nso"),
    Case(output: "\n<think>hm</think>  ok", content: "ok", reasoning: "hm"),
    Case(output: "hm\n</think>\n\nok", content: "ok", reasoning: "hm", prompt: "<think>\n"),
    Case(output: "</think>\n\nok", content: "ok", prompt: "<think>"),
    Case(output: "</think>\n\nok", content: "ok"),
    Case(output: "<think>\n\n</think>\n\nok", content: "ok"),
    Case(output: "<think>hm</think>\n\n", content: "", reasoning: "hm"),
    Case(output: "<think>\nhm \n", content: "", reasoning: "hm", finish: .length),
    Case(output: "So:\n\n\(call)\n", content: "So:"),
    Case(output: "\n\n\(call)\n\(call)\n", content: ""),
    Case(output: "So:\n\(call)\nDone. \n", content: "So:\n\nDone. \n"),
    Case(output: "So\(call)Done", content: "So\n\nDone"),
    Case(
      output: "<think>a\n</think>\n\(call)\n<think>\nb</think>\n", content: "", reasoning: "a\n\nb"),
    Case(output: "So: \(unknown)\nDone", content: "So: f({})\nDone"),
    Case(output: "\n\(unknown)", content: "f({})"),
    Case(output: "So: <tool_call>{no", content: "So: <tool_call>{no", finish: .length),
    Case(output: "a STOP b", content: "a ", stop: ["STOP"]),
    Case(output: "<think>hm</think>\n\nSTOP b", content: "", reasoning: "hm", stop: ["STOP"]),
    Case(output: "a\u{00A0}\u{2003}", content: "a\u{00A0}\u{2003}"),
  ]

  private func parse(_ test: Case, _ pieces: [String]) -> Calls {
    var parser = OutputParser(
      toolFormat: HermesFormat(), reasoning: ReasoningMarkers("<think>", "</think>"),
      tools: VendorTemplate.tools, prompt: test.prompt, stop: test.stop, trimsParts: true)
    var events: [OutputEvent] = []
    for piece in pieces { events += parser.append(piece) }
    return Calls(events + parser.finish(test.finish), showingRejected: true)
  }

  @Test(arguments: cases)
  func `it belongs to none of them, wherever the pieces part`(_ test: Case) {
    let characters = Array(test.output)
    for place in 0...characters.count {
      let found = parse(
        test, [String(characters[..<place]), String(characters[place...])].filter { !$0.isEmpty })
      #expect(found.content == test.content, "split at \(place)")
      #expect(found.reasoning == test.reasoning, "split at \(place)")
    }
    let found = parse(test, characters.map { String($0) })
    #expect(found.content == test.content)
    #expect(found.reasoning == test.reasoning)
  }

  @Test func `space in text that nothing can interrupt isn't held back`() {
    var parser = OutputParser(
      toolFormat: HermesFormat(), reasoning: ReasoningMarkers("<think>", "</think>"), tools: nil,
      trimsParts: true)
    #expect(parser.append("<think>a</think>\n\n") == [.reasoning("a")])
    #expect(parser.append("b\n") == [.content("b\n")])
    #expect(parser.append(" ") == [.content(" ")])
    #expect(parser.append("c ") == [.content("c ")])
    #expect(parser.finish(.stop) == [])
  }

  @Test func `text before what only looks like a call keeps its space`() {
    var parser = OutputParser(
      toolFormat: Llama3Format(), reasoning: nil, tools: VendorTemplate.tools, trimsParts: true)
    let events = parser.append("\n {\"a\": 1} is JSON") + parser.finish(.stop)
    #expect(Calls(events).content == "\n {\"a\": 1} is JSON")
  }
}
