import JSON
import Testing

@testable import Chat

@Suite struct ReasoningTests {
  private func detect(_ name: String, tokens: Set<String> = []) throws -> ReasoningMarkers? {
    let clues = FormatClues(template: try VendorTemplate.source(name)) { tokens.contains($0) }
    return try ReasoningMarkers.detect(clues) {
      try VendorTemplate.chatTemplate(name, reasoning: $0)
    }
  }

  @Test(arguments: [
    ("Qwen-Qwen3-0.6B", "<think>"), ("GLM-4.6", "<think>"), ("ByteDance-Seed-OSS", "<seed:think>"),
    ("Cohere2MoE", "<|START_THINKING|>"), ("MiniMax-M3", "<mm:think>"),
    ("StepFun3.5-Flash", "<think>"),
    ("Apriel-1.6-15b-Thinker-fixed", "Here are my reasoning steps:"),
    ("deepseek-ai-DeepSeek-V3.1", "<think>"),
    ("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "<think>"),
  ])
  func `a template that writes reasoning shows its markers`(_ name: String, _ opening: String)
    throws
  {
    #expect(try detect(name)?.openings.first == opening)
  }

  @Test(arguments: [
    "Qwen-Qwen2.5-7B-Instruct", "meta-llama-Llama-3.1-8B-Instruct", "google-gemma-2-2b-it",
    "microsoft-Phi-3.5-mini-instruct", "mistralai-Mistral-Nemo-Instruct-2407", "Qwen3-Coder",
  ])
  func `a template without reasoning has no markers`(_ name: String) throws {
    #expect(try detect(name) == nil)
  }

  @Test func `a template that only mentions the tag doesn't make a model reason`() throws {
    let source = """
      {#- cuts <think>…</think> out of earlier answers -#}
      {%- for m in messages -%}
      {{ m.content.split('</think>')[-1].replace('<think>', '') }}
      {%- endfor -%}
      """
    let clues = FormatClues(template: source)
    #expect(try ReasoningMarkers.detect(clues) { _ in try .inline(source) } == nil)
  }

  @Test func `tokens of the vocabulary are enough`() throws {
    let markers = try detect("Qwen2-7B", tokens: ["<think>", "</think>"])
    #expect(markers == ReasoningMarkers("<think>", "</think>"))
    let gemma = try detect("google-gemma-4-31B-it", tokens: ["<|channel>", "<channel|>"])
    #expect(gemma?.openings == ["<|channel>thought"])
    let mistral = "mistralai-Ministral-3-14B-Reasoning-2512"
    #expect(try detect(mistral, tokens: ["[THINK]", "[/THINK]"])?.closing == "[/THINK]")
  }

  @Test func `what a user writes doesn't open reasoning`() throws {
    let think = ReasoningMarkers("<think>", "</think>")
    let template = try VendorTemplate.chatTemplate("Qwen-Qwen3-0.6B", reasoning: think)
    let prompt = try template.prompt(
      messages: [["role": "user", "content": "say <think>"]], tools: nil)
    var parser = OutputParser(toolFormat: nil, reasoning: think, tools: nil, prompt: prompt)
    #expect(parser.append("hello") == [.content("hello")])
  }

  @Test func `reasoning's end is dropped only where nothing has come before it`() {
    let think = ReasoningMarkers("<think>", "</think>")
    for (output, content) in [
      ("</think>So.", "So."), ("<think>Hm.</think></think>So.", "</think>So."),
      ("<tool_call>{\"name\": \"get_weather\"}</tool_call></think>", "</think>"),
    ] {
      var parser = OutputParser(
        toolFormat: HermesFormat(), reasoning: think, tools: VendorTemplate.tools)
      #expect(Calls(parser.append(output) + parser.finish(.stop)).content == content)
    }
  }

  @Test(arguments: [(true, "reasoning"), (false, "content")])
  func `a switch in the prompt decides where an answer begins`(_ isOn: Bool, _ kind: String) throws
  {
    let think = ReasoningMarkers("<think>", "</think>")
    let template = try VendorTemplate.chatTemplate("deepseek-ai-DeepSeek-V3.1", reasoning: think)
    let prompt = try template.prompt(
      messages: [["role": "user", "content": "hi"]], tools: nil,
      variables: JSONObject([(key: "enable_thinking", value: .bool(isOn))]))
    var parser = OutputParser(toolFormat: nil, reasoning: think, tools: nil, prompt: prompt)
    #expect(parser.append("so") == [kind == "content" ? .content("so") : .reasoning("so")])
  }
}
