import JSON
import Testing

@testable import Chat

/// Formats that have no golden data: outputs as the vendors document them.
@Suite struct FormatTests {
  private static let tools: [JSON] =
    VendorTemplate.tools + [
      ["type": "function", "function": ["name": "add", "parameters": ["type": "object"]]]
    ]

  private func calls(
    _ format: any ToolFormat, _ text: String, finish: FinishReason = .stop, prompt: String = ""
  ) -> Calls {
    let folded = [1, 7, 10_000].map { size in
      var parser = OutputParser(
        toolFormat: format, reasoning: nil, tools: Self.tools, prompt: prompt)
      var events: [OutputEvent] = []
      for piece in pieces(of: text, size: size) { events += parser.append(piece) }
      return Calls(events + parser.finish(finish))
    }
    for other in folded.dropFirst() {
      #expect(other.names == folded[0].names)
      #expect(other.arguments == folded[0].arguments)
      #expect(other.content == folded[0].content)
      #expect(other.rejected == folded[0].rejected)
    }
    return folded[0]
  }

  // MARK: Llama 3

  @Test(arguments: [
    #"{"name": "get_weather", "parameters": {"city": "Oslo"}}"#,
    #"  {"type": "function", "name": "get_weather", "parameters": {"city": "Oslo"}}"#,
    #"<|python_tag|>{"name": "get_weather", "parameters": {"city": "Oslo"}}"#,
    #"[{"name": "get_weather", "arguments": {"city": "Oslo"}}]"#,
    #"[get_weather(city="Oslo")]"#, #"<|python_tag|>get_weather(city='Oslo')"#,
  ])
  func `Llama's calls are read in all of their forms`(_ text: String) {
    let found = calls(Llama3Format(), text)
    #expect(found.names == ["get_weather"])
    #expect(found.arguments == [["city": "Oslo"]])
    #expect(found.rejected == [])
  }

  @Test(arguments: [
    #"{"answer": 42, "name": "x"}"#, "[1, 2, 3]", "[x] is a task", "{", "[", "[]", "{}",
    "{ not JSON", #"{"a": {"name": "get_weather"}}"#, "[ ] and more", "plain {\"name\": 1}",
    "[see](https://example.org)", "[word, word]",
  ])
  func `answers that only look like Llama's calls stay answers`(_ text: String) {
    for finish in [FinishReason.stop, .length] {
      let found = calls(Llama3Format(), text, finish: finish)
      #expect(found.content == text)
      #expect(found.names == [])
      #expect(found.rejected == [])
    }
  }

  @Test func `several calls of Llama are read`() {
    let text = #"[get_weather(city="Oslo", days=-2), add(a=[1, 2.5], b={"k": None})]"#
    let found = calls(Llama3Format(), text)
    #expect(found.names == ["get_weather", "add"])
    #expect(found.arguments == [["city": "Oslo", "days": -2], ["a": [1, 2.5], "b": ["k": nil]]])
  }

  // MARK: DeepSeek

  @Test func `DeepSeek V3's fenced calls are read`() {
    let one =
      "<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n"
      + "```json\n{\"city\": \"Rom\"}\n```<｜tool▁call▁end｜>"
    let two =
      "<｜tool▁call▁begin｜>function<｜tool▁sep｜>add\n```json\n{\"a\": \"```\"}\n```<｜tool▁call▁end｜>"
    let text = "Well.<｜tool▁calls▁begin｜>\(one)\n\(two)<｜tool▁calls▁end｜>"
    let found = calls(DeepSeekFormat(), text)
    #expect(found.content == "Well.")
    #expect(found.names == ["get_weather", "add"])
    #expect(found.arguments == [["city": "Rom"], ["a": "```"]])
  }

  @Test func `DeepSeek V3.1's calls are read, and a cut one refused`() {
    let begin =
      "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>"
      + "{\"city\": \"R\"}<｜tool▁call▁end｜>"
    let cut = "<｜tool▁call▁begin｜>add<｜tool▁sep｜>{\"a\": 1"
    let found = calls(DeepSeekFormat(), begin + cut, finish: .length)
    #expect(found.names == ["get_weather"])
    #expect(found.rejected == [cut])
  }

  @Test func `DeepSeek V3.2's markup is read`() {
    let text = """
      <｜DSML｜function_calls>
      <｜DSML｜invoke name="get_weather">
      <｜DSML｜parameter name="city" string="true">A "b" <c></｜DSML｜parameter>
      <｜DSML｜parameter name="days" string="false">[1, {"x": null}]</｜DSML｜parameter>
      </｜DSML｜invoke>
      <｜DSML｜invoke name="add">
      </｜DSML｜invoke>
      </｜DSML｜function_calls>
      """
    let found = calls(DeepSeekMarkupFormat(), text)
    #expect(found.names == ["get_weather", "add"])
    #expect(found.arguments == [["city": "A \"b\" <c>", "days": [1, ["x": nil]]], [:]])
  }

  // MARK: Harmony

  @Test func `Harmony's channels are told apart`() {
    let text =
      "<|channel|>analysis<|message|>Let me see.<|end|><|start|>assistant<|channel|>commentary"
      + "<|message|>I look it up.<|end|><|start|>assistant<|channel|>commentary "
      + "to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Rom\"}<|call|>"
    for prompt in ["<|start|>assistant", ""] {
      let found = calls(HarmonyFormat(), text, prompt: prompt)
      #expect(found.reasoning == "Let me see.")
      #expect(found.content == "I look it up.")
      #expect(found.names == ["get_weather"])
      #expect(found.arguments == [["city": "Rom"]])
    }
  }

  @Test func `Harmony's recipient may stand before the channel`() {
    let text = " to=functions.add<|channel|>commentary json<|message|>{}"
    #expect(calls(HarmonyFormat(), text, prompt: "x<|start|>assistant").names == ["add"])
  }

  @Test func `Harmony works without tools, and a cut call is refused`() {
    var parser = OutputParser(
      toolFormat: HarmonyFormat(), reasoning: nil, tools: nil, prompt: "<|start|>assistant")
    let events = parser.append("<|channel|>final<|message|>Hi <|b|>.") + parser.finish(.stop)
    #expect(Calls(events).content == "Hi <|b|>.")
    let cut = "<|channel|>commentary to=functions.add<|message|>{\"a\": "
    #expect(calls(HarmonyFormat(), cut, finish: .length).reasons == ["the tool call is cut off"])
  }

  // MARK: Muse Spark

  @Test(arguments: ["<|start|>assistant", "<|start|>assistant "])
  func `Muse Spark's messages are told apart by whom they are for`(_ prompt: String) {
    let text =
      " to=self<|message|>Let me see.<|eom|><|start|>assistant to=commentary<|message|>I look.<|eom|>"
      + "<|start|>assistant to=get_weather<|message|><atem:function_calls>\n"
      + "<atem:invoke name=\"get_weather\">\n<atem:parameter name=\"city\">Rom</atem:parameter>\n"
      + "</atem:invoke>\n</atem:function_calls><|eom|><|start|>assistant to=user<|message|>Ok.<|eot|>"
    let found = calls(MuseSparkFormat(), text, prompt: prompt)
    #expect(found.reasoning == "Let me see.")
    #expect(found.content == "I look.Ok.")
    #expect(found.names == ["get_weather"])
    #expect(found.arguments == [["city": "Rom"]])
  }

  @Test func `Muse Spark's headers are read without tools, too`() {
    var parser = OutputParser(
      toolFormat: MuseSparkFormat(), reasoning: nil, tools: nil, prompt: "<|start|>assistant")
    let events = parser.append(" to=user<|message|>Hi.<|eot|>") + parser.finish(.stop)
    #expect(Calls(events).content == "Hi.")
  }

  // MARK: Functionary

  @Test func `Functionary's parts are told apart by the lines before them`() {
    let text = "all\nI look.>>>get_weather\n{\"city\": \"Rom\"}>>>add\n{\"a\": 1}>>>all\nDone."
    let found = calls(FunctionaryFormat(), text, prompt: "x\n\n>>>")
    #expect(found.content == "I look.Done.")
    #expect(found.names == ["get_weather", "add"])
    #expect(found.arguments == [["city": "Rom"], ["a": 1]])
    #expect(found.rejected == [])
  }

  @Test(arguments: [
    ">>> print(1)\n1", "a >>> b", ">>>>>>", "Hello.\n>>>\n", ">>>", "two\nlines >>>x y\nz",
    "1 >>>\tshift", ">>>>all the rest",
  ])
  func `what looks like Functionary's lines stays text`(_ text: String) {
    for finish in [FinishReason.stop, .length] {
      let found = calls(FunctionaryFormat(), "all\n" + text, finish: finish, prompt: ">>>")
      #expect(found.content == text)
      #expect(found.names == [])
      #expect(found.rejected == [])
    }
  }

  @Test func `Functionary's arguments may hold its marker`() {
    let text = "add\n{\"a\": \">>> x\",\n \"b\": \">>>\",\n \"c\": \">>>all\"}>>>get_weather\n{}"
    let found = calls(FunctionaryFormat(), text, prompt: ">>>")
    #expect(found.names == ["add", "get_weather"])
    #expect(found.arguments == [["a": ">>> x", "b": ">>>", "c": ">>>all"], [:]])
  }

  @Test func `Functionary's code is an argument`() {
    var parser = OutputParser(
      toolFormat: FunctionaryFormat(), reasoning: nil, tools: nil, prompt: ">>>")
    let code = "print('>>> a')\nx = {1: 2}\n"
    let found = Calls(parser.append("python\n" + code) + parser.finish(.stop))
    #expect(found.names == ["python"])
    #expect(found.arguments == [["code": .string(code)]])
  }

  @Test func `Functionary's unknown tools, cut calls and missing lines aren't lost`() {
    let unknown = calls(FunctionaryFormat(), "nothing\n{}", prompt: ">>>")
    #expect(unknown.reasons.first?.contains("names nothing") == true)
    let cut = calls(FunctionaryFormat(), "add\n{\"a\": ", finish: .length, prompt: ">>>")
    #expect(cut.reasons == ["the tool call is cut off"])
    #expect(cut.rejected == ["add\n{\"a\": "])
    #expect(
      calls(FunctionaryFormat(), "Hi there.\nBye.", prompt: ">>>").content == "Hi there.\nBye.")
    #expect(calls(FunctionaryFormat(), "get_w", finish: .length, prompt: ">>>").content == "get_w")
  }

  // MARK: GigaChat

  @Test func `GigaChat's calls are messages of their own`() {
    let call = "function call<|role_sep|>\n{\"name\": \"add\", \"arguments\": {\"a\": \"<|\"}}"
    for (text, content) in [
      (call, ""), ("<|message_sep|>\n\n\(call)<|message_sep|>\n\n", "\n\n\n\n"),
      ("I add.<|message_sep|>\n\n\(call)<|message_sep|>", "I add.\n\n"),
    ] {
      let found = calls(GigaChatFormat(), text)
      #expect(found.names == ["add"])
      #expect(found.arguments == [["a": "<|"]])
      #expect(found.content == content)
      #expect(found.rejected == [])
    }
    #expect(
      calls(GigaChatFormat(), "A function call is one.<|message_sep|>").content
        == "A function call is one.")
  }

  // MARK: Command, Granite and other lists

  @Test func `Command's actions are read`() {
    let action =
      #"[{"tool_call_id": "0", "tool_name": "get_weather", "parameters": {"city": "Rom"}}]"#
    for text in [
      "<|START_ACTION|>\(action)<|END_ACTION|>", "Action: ```json\n\(action)\n```",
      "Action:```json\n\(action)\n```",
    ] {
      let found = calls(CommandFormat(), text)
      #expect(found.names == ["get_weather"])
      #expect(found.arguments == [["city": "Rom"]])
    }
    let answer = "<|START_RESPONSE|>Hello.<|END_RESPONSE|>"
    #expect(calls(CommandFormat(), answer).content == "Hello.")
  }

  @Test func `lists of calls behind a marker are read`() {
    let list =
      #"[{"name": "get_weather", "arguments": {"city": "Rom"}}, {"name": "add", "arguments": {}}]"#
    let formats: [(any ToolFormat, String)] = [
      (GraniteFormat(), "<|tool_call|>" + list), (GraniteFormat(), "<|tool_call|> " + list + "\n"),
      (GraniteFormat(), "<tool_call>" + list),
      (BracketedListFormat.nemotron, "<TOOLCALL>\(list)</TOOLCALL>"),
      (BracketedListFormat.apriel, "<tool_calls>\(list)</tool_calls>"),
      (
        BracketedListFormat.apriel,
        "<tool_calls>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Rom\"}}\n"
          + "{\"name\": \"add\", \"arguments\": {}}\n</tool_calls>"
      ),
      (BracketedListFormat.firefunction, " functools" + list),
      (MistralFormat(), "[TOOL_CALLS] " + list),
    ]
    for (format, text) in formats {
      let found = calls(format, text)
      #expect(found.names == ["get_weather", "add"], "\(text)")
      #expect(found.arguments == [["city": "Rom"], [:]], "\(text)")
      #expect(found.rejected == [], "\(text)")
    }
  }

  @Test func `Mistral's ids are nine letters and digits, or the model's own`() {
    let found = calls(
      MistralFormat(), "[TOOL_CALLS]add[CALL_ID]abcdefghi[ARGS]{}[TOOL_CALLS]add[ARGS]{}")
    #expect(found.names == ["add", "add"])
    #expect(found.ids[0] == "abcdefghi")
    #expect(found.ids[1].count == 9)
  }

  @Test func `Mistral's text behind a call isn't lost`() {
    let found = calls(MistralFormat(), "[TOOL_CALLS]add[ARGS]{} So be it.")
    #expect(found.names == ["add"])
    #expect(found.rejected == [" So be it."])
  }

  // MARK: Others

  @Test func `Qwen3_5 may write JSON or XML between the same tags`() {
    let json = #"<tool_call>{"name": "get_weather", "arguments": {"days": 2}}</tool_call>"#
    let xml =
      "<tool_call>\n<function=get_weather>\n<parameter=days>\n2\n</parameter>\n</function>\n"
      + "</tool_call>"
    let found = calls(QwenXMLFormat(), json + xml)
    #expect(found.arguments == [["days": 2], ["days": 2]])
  }

  @Test func `MiniMax M3's nested tags are read`() {
    let t = "]<]minimax[>["
    let text =
      "\(t)<tool_call>\n\(t)<invoke name=\"add\">\(t)<a>\(t)<item>x < y\(t)</item>"
      + "\(t)<item>z\(t)</item>\(t)</a>\(t)<b>\(t)<k>v\(t)</k>\(t)</b>\(t)</invoke>\n\(t)</tool_call>"
    #expect(calls(MiniMaxM3Format(), text).arguments == [["a": ["x < y", "z"], "b": ["k": "v"]]])
  }

  @Test func `FunctionGemma's strings may hold braces`() {
    let text =
      "<start_function_call>call:add{a:<escape>{\"k\": \"}\"}<escape>,b:{c:<escape>x<escape>}}"
      + "<end_function_call>"
    let found = calls(FunctionGemmaFormat(), text)
    #expect(found.arguments.first?["a"] == "{\"k\": \"}\"}")
  }
}
