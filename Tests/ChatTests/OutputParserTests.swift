import JSON
import Testing

@testable import Chat

@Suite struct OutputParserTests {
  private static let think = ReasoningMarkers("<think>", "</think>")

  private func parser(
    _ format: any ToolFormat = HermesFormat(), tools: [JSON]? = VendorTemplate.tools,
    prompt: String = "", stop: [String] = []
  ) -> OutputParser {
    OutputParser(
      toolFormat: format, reasoning: Self.think, tools: tools, prompt: prompt, stop: stop)
  }

  private func events(
    _ text: String, finish: FinishReason = .stop, size: Int = 1, _ parser: OutputParser
  ) -> [OutputEvent] {
    var parser = parser
    var events: [OutputEvent] = []
    for piece in pieces(of: text, size: size) { events += parser.append(piece) }
    return events + parser.finish(finish)
  }

  // MARK: Answers

  @Test func `plain text comes out as it comes in`() {
    var parser = parser()
    #expect(parser.append("Hello ") == [.content("Hello ")])
    #expect(parser.append("wörld 👋🏽") == [.content("wörld 👋🏽")])
    #expect(parser.finish(.stop) == [])
  }

  @Test func `a half-seen marker is held back, and let go when it is none`() {
    var parser = parser()
    #expect(parser.append("a <tool") == [.content("a ")])
    #expect(parser.append("box>") == [.content("<toolbox>")])
    #expect(parser.append("<<tool_cal") == [.content("<")])
    #expect(parser.finish(.length) == [.content("<tool_cal")])
  }

  @Test func `without tools nothing is a call`() {
    let text = "<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>"
    #expect(Calls(events(text, parser(tools: nil))).content == text)
    #expect(Calls(events(text, parser(tools: []))).content == text)
  }

  // MARK: Stop strings

  @Test(arguments: [1, 2, 3, 100])
  func `a stop string ends the answer wherever the pieces part`(_ size: Int) {
    for (stop, text, expected) in [
      (["STOP"], "one STOP two", "one "), (["\n\n"], "a\nb\n\nc", "a\nb"),
      (["ab", "abc"], "xxabc", "xx"), (["STOP"], "STO STOP", "STO "), (["é"], "caféx", "caf"),
      (["aab"], "aaab", "a"), (["x"], "", ""), ([""], "abc", "abc"),
    ] {
      var parser = parser(stop: stop)
      var found: [OutputEvent] = []
      for piece in pieces(of: text, size: size) { found += parser.append(piece) }
      #expect(parser.stopped == (expected != text))
      found += parser.append("more")
      found += parser.finish(.stop)
      #expect(Calls(found).content == (expected == text ? text + "more" : expected))
    }
  }

  @Test func `the beginning of a stop string at the end of the answer is text`() {
    for finish in [FinishReason.stop, .length] {
      #expect(
        Calls(events("to be STO", finish: finish, parser(stop: ["STOP"]))).content == "to be STO")
    }
  }

  @Test func `stop strings leave reasoning and calls alone`() {
    let text = "<think>a\n</think>b\n"
    let found = Calls(events(text, parser(stop: ["\n"])))
    #expect(found.reasoning == "a\n")
    #expect(found.content == "b")
    let call = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {}}\n</tool_call>"
    #expect(Calls(events(call, parser(stop: ["\n"]))).names == ["get_weather"])
  }

  // MARK: Reasoning

  @Test func `reasoning that the model opens is split off`() {
    let found = Calls(events("\n<think>\nhm </thin\n</think>\n\nyes", parser()))
    #expect(found.reasoning == "\nhm </thin\n")
    #expect(found.content == "\n\n\nyes")
  }

  @Test func `reasoning that the prompt opened is split off`() {
    let found = Calls(events("hm</think>yes", parser(prompt: "<|im_start|>assistant\n<think>\n")))
    #expect(found.reasoning == "hm")
    #expect(found.content == "yes")
  }

  @Test func `reasoning that the prompt closed is over`() {
    let found = Calls(events("yes", parser(prompt: "assistant\n<think>\n\n</think>\n\n")))
    #expect(found.content == "yes")
  }

  @Test func `an answer about the tags is no reasoning`() {
    let text = "Write `<think>` first and `</think>` last."
    #expect(Calls(events(text, parser())).content == text)
  }

  @Test func `reasoning closed without having been opened leaves no tag behind`() {
    #expect(Calls(events("</think>\n\nyes", parser())).content == "\n\nyes")
  }

  @Test func `cut reasoning is reasoning`() {
    let found = Calls(events("<think>I thi", finish: .length, parser()))
    #expect(found.reasoning == "I thi")
    #expect(found.content == "")
  }

  @Test func `a call inside reasoning ends it`() {
    let text = "<think>so <tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>ok"
    let found = Calls(events(text, parser()))
    #expect(found.reasoning == "so ")
    #expect(found.names == ["get_weather"])
    #expect(found.content == "ok")
  }

  // MARK: Calls

  @Test func `the name comes first, the arguments as they are written`() {
    var parser = parser()
    _ = parser.append("<tool_call>\n{\"name\": \"get_wea")
    let begun = parser.append("ther\", \"arguments\": {\"ci")
    guard case .toolCall(0, let id, "get_weather")? = begun.first else {
      Issue.record("\(begun)")
      return
    }
    #expect(id.hasPrefix("call_"))
    #expect(begun.dropFirst() == [.toolArguments(index: 0, fragment: "{\"ci")])
    #expect(parser.append("ty\": \"Ros") == [.toolArguments(index: 0, fragment: "ty\": \"Ros")])
    #expect(parser.append("\"}}") == [.toolArguments(index: 0, fragment: "\"}")])
    #expect(parser.append("\n</tool_call>") == [.toolCallEnd(index: 0)])
  }

  @Test func `ids differ and indices count`() {
    let call = "<tool_call>{\"name\": \"get_weather\", \"arguments\": {}}</tool_call>"
    let found = events(call + "\n" + call + call, parser())
    #expect(Set(Calls(found).ids).count == 3)
    #expect(
      found.filter { if case .toolCallEnd = $0 { true } else { false } } == [
        .toolCallEnd(index: 0), .toolCallEnd(index: 1), .toolCallEnd(index: 2),
      ])
  }

  @Test func `a call of a tool that isn't offered is refused with its text`() {
    let text = "<tool_call>{\"name\": \"rm\", \"arguments\": {\"a\": 1}}</tool_call>"
    let found = Calls(events(text, parser()))
    #expect(found.names == [])
    #expect(found.rejected == ["rm({\"a\": 1})"])
    #expect(found.reasons == ["the tool call names rm, which the request doesn't offer"])
  }

  @Test(arguments: [
    ("<tool_call>\n{\"name\": \"get_wea", FinishReason.length),
    ("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"O", .length),
    ("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": 1,}}</tool_call>", .stop),
    ("<tool_call>get_weather(1)</tool_call>", .stop),
    ("<tool_call>{\"arguments\": {}}</tool_call>", .stop),
    ("<tool_call>{\"name\": \"get_weather\", \"arguments\": [1]}</tool_call>", .stop),
    ("<tool_call>{\"name\": \"get_weather\", \"arguments\": {}} and more</tool_call>", .stop),
    ("<tool_call></tool_call>", .stop), ("<tool_call>", .length),
  ])
  func `a broken call is refused with all of its text`(_ text: String, _ finish: FinishReason) {
    for size in [1, 4, 1000] {
      let found = Calls(events(text, finish: finish, size: size, parser()))
      #expect(found.names == [])
      #expect(found.rejected == [text])
      #expect(found.content == "")
    }
  }

  @Test func `arguments may be a string that holds JSON, or missing`() {
    let string =
      #"<tool_call>{"name": "get_weather", "arguments": "{\"city\": \"Rom\"}"}</tool_call>"#
    #expect(Calls(events(string, parser())).arguments == [["city": "Rom"]])
    let missing = #"<tool_call>{"name": "get_weather"}</tool_call>"#
    #expect(Calls(events(missing, parser())).arguments == [[:]])
  }
}
