import JSON
import Testing

@testable import Chat

/// Dialects of the formats, as vendors' templates and models write them beside the usual form.
@Suite struct DialectTests {
  private func calls(_ format: any ToolFormat, _ text: String) -> Calls {
    let folded = [1, 5, 10_000].map { size in
      var parser = OutputParser(toolFormat: format, reasoning: nil, tools: VendorTemplate.tools)
      var events: [OutputEvent] = []
      for piece in pieces(of: text, size: size) { events += parser.append(piece) }
      return Calls(events + parser.finish(.stop))
    }
    for other in folded.dropFirst() {
      #expect(other.names == folded[0].names)
      #expect(other.arguments == folded[0].arguments)
      #expect(other.content == folded[0].content)
      #expect(other.rejected == folded[0].rejected)
    }
    return folded[0]
  }

  private func expect(
    _ format: any ToolFormat, _ text: String, _ arguments: JSON...,
    content: String = "", location: SourceLocation = #_sourceLocation
  ) {
    let found = calls(format, text)
    let details = Comment(rawValue: "\(text.debugDescription): \(found)")
    #expect(found.names == arguments.map { _ in "get_weather" }, details, sourceLocation: location)
    #expect(found.arguments == arguments, details, sourceLocation: location)
    #expect(found.content == content, details, sourceLocation: location)
    #expect(found.rejected == [], details, sourceLocation: location)
  }

  @Test func `Gemma's None is null`() {
    expect(
      Gemma4Format(),
      #"<|tool_call>call:get_weather{city:None,tags:[None,<|"|>None<|"|>]}<tool_call|>"#,
      ["city": nil, "tags": [nil, "None"]])
  }

  @Test func `FunctionGemma's lists and objects are read in its notation and in JSON`() {
    func call(_ value: String) -> String {
      "<start_function_call>call:get_weather{city:<escape>Rom<escape>,at:\(value),days:2}"
        + "<end_function_call>"
    }
    let wanted: JSON = [
      "city": "Rom", "at": ["lat": 1.5, "tags": ["a}b", nil, true], "of": [:]], "days": 2,
    ]
    for value in [
      "{lat:1.5,tags:[<escape>a}b<escape>,None,true],of:{}}",
      "{<escape>lat<escape>:1.5,<escape>tags<escape>:[<escape>a}b<escape>,null,true],of:{}}",
      #"{"lat": 1.5, "tags": ["a}b", null, true], "of": {}}"#,
    ] {
      expect(FunctionGemmaFormat(), call(value), wanted)
    }
  }

  @Test func `a call of FunctionGemma may end anywhere`() {
    let text =
      "<start_function_call>call:get_weather{city:<escape>Rom<escape>,at:{lat:1.5,tags:[a]},days:2}"
    for end in text.indices.dropFirst("<start_function_call>".count) {
      let found = calls(FunctionGemmaFormat(), String(text[..<end]))
      #expect(found.names == [] && found.rejected.count == 1, "\(text[..<end]): \(found)")
    }
  }

  @Test func `LongCat's names may stand in a namespace`() {
    let pair =
      "<longcat_arg_key>days</longcat_arg_key>\n<longcat_arg_value>2</longcat_arg_value>\n"
    for name in ["get_weather", "functions.get_weather"] {
      expect(
        LongCatFormat(), "<longcat_tool_call>\(name)\n\(pair)</longcat_tool_call>\n", ["days": 2],
        content: "\n")
    }
  }

  @Test(arguments: [
    #"functions.get_weather({city: "a: {b}", days: 2})</longcat_tool_call>"#,
    #"get_weather({"city": "a: {b}", "days": 2})"#,
    "functions.get_weather\n<longcat_arg_key>{\"city\": \"a: {b}\", \"days\": 2}",
    "functions.get_weather\n<longcat_arg_key>{city: \"a: {b}\", days: 2} </longcat",
  ])
  func `LongCat's arguments may be one object`(_ call: String) {
    expect(LongCatFormat(), "<longcat_tool_call>" + call, ["city": "a: {b}", "days": 2])
  }

  @Test(arguments: ["get_weather({city: )", "get_weather(city)", "nothing({})"])
  func `what isn't an object isn't LongCat's arguments`(_ call: String) {
    let text = "<longcat_tool_call>\(call)</longcat_tool_call>"
    #expect(calls(LongCatFormat(), text).rejected == [text])
  }

  @Test func `Apertus' calls are named by their keys`() {
    let one = #"{"get_weather": {"city": "[Rom]"}}"#
    func text(_ calls: String) -> String { "Well.<|tools_prefix|>\(calls)<|tools_suffix|>" }
    expect(
      ApertusFormat(), text("[\(one), {\"get_weather\": {}}]"), ["city": "[Rom]"], [:],
      content: "Well.")
    for wrong in ["[\(one)", "[1]", #"[{"get_weather": 1}]"#, "[]", one] {
      #expect(!calls(ApertusFormat(), text(wrong)).rejected.isEmpty, "\(wrong)")
    }
    let template = "{%- set a = '<|tools_prefix|>' -%}{%- set b = '<|tools_suffix|>' -%}"
    #expect(toolFormat(named: nil, for: FormatClues(template: template))?.name == "apertus")
  }

  @Test func `Hunyuan A13B's lists are those of other models`() {
    let template = #"<tool_calls>[{"name": "func_name1", "arguments": {}},...]</tool_calls>"#
    let format = toolFormat(named: nil, for: FormatClues(template: template))
    #expect(format?.name == "tool_calls")
  }

  @Test func `Llama 4's calls may stand behind or between its markers`() {
    let call = #"{"name": "get_weather", "parameters": {"city": "Rom"}}"#
    for text in [
      "<|python_start|><|python_end|>\(call)", "<|python_start|>\(call)<|python_end|>",
      "<|python_start|>[get_weather(city='Rom')]<|python_end|>",
    ] {
      expect(Llama3Format(), text, ["city": "Rom"])
    }
    expect(
      Llama3Format(), "<|python_start|><|python_end|>\(call)\(call)", ["city": "Rom"],
      ["city": "Rom"])
    #expect(calls(Llama3Format(), "<|python_start|>So.<|python_end|>").content == "So.")
  }

  @Test func `GigaChat's calls may stand behind a marker`() {
    let call = #"{"name": "get_weather", "arguments": {"city": "Rom"}}"#
    expect(
      GigaChatFormat(), "Well.<|function_call|>\(call)<|message_sep|>", ["city": "Rom"],
      content: "Well.")
    let clues = FormatClues(template: "<|role_sep|>\n<|message_sep|><|function_call|>")
    #expect(toolFormat(named: nil, for: clues)?.name == "gigachat")
  }

  @Test func `calls between function tags are read`() {
    let one = #"<function=get_weather>{"city": "</functio> \"<\""}</function>"#
    let format = FunctionTagsFormat()
    expect(format, one + one, ["city": "</functio> \"<\""], ["city": "</functio> \"<\""])
    expect(format, "<function=get_weather></function>", [:])
    for text in ["<function=>{}</function>", "<function=>a>{}</function>", "<function=get_weather"]
    {
      #expect(calls(format, text).rejected == [text])
    }
    let template = "<|start_header_id|><|python_tag|>use <function=NAME>{parameters}</function>"
    #expect(toolFormat(named: nil, for: FormatClues(template: template))?.name == format.name)
  }

  @Test func `LFM's strings may hold line breaks`() {
    expect(
      PythonicFormat(), "<|tool_call_start|>[get_weather(city='a\nb', days=1)]<|tool_call_end|>",
      ["city": "a\nb", "days": 1])
    #expect(looseValue("'a\nb'") == .string("'a\nb'"))
  }
}
