import Foundation
import JSON
import Testing

@testable import Chat

/// What a vendor's template writes for tool calls is what the format chosen for it reads back.
@Suite struct RoundTripTests {
  /// The format of each template; nil where it shows no tools, or none that is known.
  static let formats: [String: String?] = [
    "Apriel-1.6-15b-Thinker-fixed": "tool_calls", "Bielik-11B-v3.0-Instruct": "json_tools",
    "ByteDance-Seed-OSS": "seed_oss", "Cohere2MoE": "command_r",
    "CohereForAI-c4ai-command-r-plus-tool_use": "command_r",
    "CohereForAI-c4ai-command-r-v01": nil, "GLM-4.6": "glm47", "GLM-5.2": "glm47",
    "GigaChat3-10B-A1.8B": "gigachat",
    "HuggingFaceTB-SmolLM3-3B": nil, "Kimi-K3": "kimi_k3", "LFM2-8B-A1B": "pythonic",
    "LFM2.5-8B-A1B": "pythonic", "MiMo-VL": "json_tools", "MiniMax-M1": "tool_calls",
    "MiniMax-M3": "minimax_m3", "NVIDIA-Nemotron-Nano-v2": "nemotron",
    "NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use": "json_tools",
    "Qwen-Qwen2.5-7B-Instruct": "json_tools", "Qwen-Qwen3-0.6B": "json_tools", "Qwen2-7B": nil,
    "Qwen3-Coder": "qwen3_coder", "Reka-Edge": "json_tools", "Spark2.5": "glm47",
    "StepFun3.5-Flash": "qwen3_coder", "deepseek-ai-DeepSeek-R1-Distill-Llama-8B": "deepseek",
    "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B": "deepseek",
    "deepseek-ai-DeepSeek-V3.1": "deepseek", "deepseek-ai-DeepSeek-V4": "deepseek_dsml",
    "deepseek-ai-DeepSeek-V4-Flash-0731": "deepseek_dsml",
    "fireworks-ai-llama-3-firefunction-v2": "firefunction", "google-gemma-2-2b-it": nil,
    "google-gemma-4-31B-it": "gemma4", "ibm-granite-granite-3.3-2B-Instruct": "granite",
    "ibm-granite-granite-4.0": "json_tools", "inclusionai-ling-3.0-flash": "glm47",
    "meetkai-functionary-medium-v3.2": "functionary",
    "meta-llama-Llama-3.1-8B-Instruct": "llama3_json", "microsoft-Phi-3-mini": nil,
    "mistralai-Ministral-3-14B-Reasoning-2512": "mistral",
    "mistralai-Mistral-Nemo-Instruct-2407": "mistral", "moonshotai-Kimi-K2": "kimi_k2",
    "openai-gpt-oss-120b": "harmony", "poolside-Laguna-S-2.1": "glm47",
    "poolside-Laguna-XS.2": "glm47", "unsloth-mistral-Devstral-Small-2507": "mistral",
  ]

  /// Templates that don't write earlier calls in the way the model writes them.
  static let withoutHistory: Set = [
    "CohereForAI-c4ai-command-r-plus-tool_use", "LFM2-8B-A1B",
    "deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "fireworks-ai-llama-3-firefunction-v2",
    "ibm-granite-granite-3.3-2B-Instruct",
  ]

  @Test(arguments: formats.keys.sorted())
  func `a template's format is chosen by its text`(_ name: String) throws {
    let clues = FormatClues(template: try VendorTemplate.source(name))
    #expect(toolFormat(named: nil, for: clues)?.name == Self.formats[name] ?? nil)
  }

  @Test(
    arguments: formats.keys.filter { formats[$0]! != nil && !withoutHistory.contains($0) }.sorted())
  func `calls that a template writes are read back`(_ name: String) throws {
    let template = try VendorTemplate.chatTemplate(name)
    let format = try #require(toolFormat(named: nil, for: FormatClues(template: template.source)))
    let (prompt, answer) = try texts(template)
    for size in [1, 5, 4096] {
      var parser = OutputParser(
        toolFormat: format, reasoning: nil, tools: VendorTemplate.tools, prompt: prompt)
      var events: [OutputEvent] = []
      for piece in pieces(of: answer, size: size) { events += parser.append(piece) }
      events += parser.finish(.stop)
      let calls = Calls(events)
      #expect(calls.names == ["get_weather"], "\(answer.debugDescription)")
      #expect(
        calls.arguments == [["city": "Zürich \"x\" <b> {1}", "days": 3]],
        "\(answer.debugDescription)")
      #expect(calls.rejected.isEmpty, "\(answer.debugDescription)")
    }
  }

  /// A prompt, and how the template goes on when the answer to it is a call.
  private func texts(_ template: ChatTemplate) throws -> (prompt: String, answer: String) {
    let question: JSON = ["role": "user", "content": "What now?"]
    let call: JSON = [
      "role": "assistant", "content": "",
      "tool_calls": [
        [
          "id": "abcdefghi", "type": "function",
          "function": [
            "name": "get_weather",
            "arguments": ["city": "Zürich \"x\" <b> {1}", "days": 3],
          ],
        ]
      ],
    ]
    func render(_ messages: [JSON], _ addsPrompt: Bool) throws -> String {
      try template.prompt(
        messages: messages, tools: VendorTemplate.tools, addGenerationPrompt: addsPrompt
      ).text
    }
    let prompt = try render([question], true)
    let whole = try render([question, call], false)
    var shared = zip(prompt.unicodeScalars, whole.unicodeScalars).prefix { $0 == $1 }.count
    let head = Array(prompt.unicodeScalars.prefix(shared))
    // The two texts may part in the middle of a marker.
    if let open = head.lastIndex(of: "<"), !head[open...].contains(">") { shared = open }
    var answer = String(String.UnicodeScalarView(whole.unicodeScalars.dropFirst(shared)))
    for end in ["</s>", "<|eot_id|>", "<|im_end|>"] {
      if let last = answer.lastRange(of: end) { answer = String(answer[..<last.lowerBound]) }
    }
    return (prompt, answer)
  }
}

/// The vendors' templates among the fixtures.
enum VendorTemplate {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/chat-templates").path

  static func source(_ name: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(name).jinja", encoding: .utf8)
  }

  static func chatTemplate(
    _ name: String, reasoning: ReasoningMarkers? = nil,
    tokens: [(text: String, isSpecial: Bool)] = []
  ) throws -> ChatTemplate {
    try .inline(try source(name), tokens: tokens, reasoning: reasoning)
  }

  static let tools: [JSON] = [
    [
      "type": "function",
      "function": [
        "name": "get_weather", "description": "The weather in a city.",
        "parameters": [
          "type": "object",
          "properties": ["city": ["type": "string"], "days": ["type": "integer"]],
          "required": ["city"],
        ],
      ],
    ]
  ]
}

extension ChatTemplate {
  /// A template that isn't in a model directory.
  static func inline(
    _ source: String, toolUse: String? = nil, tokens: [(text: String, isSpecial: Bool)] = [],
    reasoning: ReasoningMarkers? = nil
  ) throws -> ChatTemplate {
    var templates: [JSON] = [["name": "default", "template": .string(source)]]
    if let toolUse { templates.append(["name": "tool_use", "template": .string(toolUse)]) }
    let configuration = JSONObject([(key: "chat_template", value: .array(templates))])
    return try ChatTemplate(
      sources: TemplateSources(directory: "/nowhere", configuration: configuration),
      specialTokens: JSONObject([
        (key: "bos_token", value: "<s>"), (key: "eos_token", value: "</s>"),
      ]),
      tokens: tokens, reasoning: reasoning, fallback: .plain, directory: "/nowhere")
  }
}

/// The events of an answer, folded.
struct Calls {
  var names: [String] = []
  var arguments: [JSON] = []
  var ids: [String] = []
  var content = ""
  var reasoning = ""
  var rejected: [String] = []
  var reasons: [String] = []

  /// - Parameter showingRejected: puts what isn't a call into the content, as the server does.
  init(_ events: [OutputEvent], showingRejected: Bool = false) {
    var open: [Int: (id: String, name: String, arguments: String)] = [:]
    for event in events {
      switch event {
      case .content(let text): content += text
      case .reasoning(let text): reasoning += text
      case .toolCall(let index, let id, let name): open[index] = (id, name, "")
      case .toolArguments(let index, let fragment): open[index]?.arguments += fragment
      case .toolCallEnd(let index):
        guard let call = open[index] else { continue }
        names.append(call.name)
        ids.append(call.id)
        arguments.append((try? JSON(parsing: call.arguments)) ?? .string(call.arguments))
      case .rejectedToolCall(let text, let reason):
        if showingRejected { content += text }
        rejected.append(text)
        reasons.append(reason)
      }
    }
  }
}

/// The text in pieces of so many characters.
func pieces(of text: String, size: Int) -> [String] {
  let characters = Array(text)
  return stride(from: 0, to: characters.count, by: size).map {
    String(characters[$0..<min($0 + size, characters.count)])
  }
}
