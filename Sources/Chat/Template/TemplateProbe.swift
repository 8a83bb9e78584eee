import JSON

/// Renders small conversations to see what a template can show.
struct TemplateProbe {
  private let template: ChatTemplate

  init(_ template: ChatTemplate) { self.template = template }

  /// The prompt of a conversation; nil where the template refuses it.
  func text(_ messages: [JSON], tools: [JSON]? = nil, variables: JSONObject = JSONObject())
    -> String?
  {
    try? template.prompt(messages: messages, tools: tools, variables: variables).text
  }

  static let user: JSON = ["role": "user", "content": "probe question"]

  static let tool: JSON = [
    "type": "function",
    "function": [
      "name": "probe_tool", "description": "Answers a probe.",
      "parameters": [
        "type": "object", "properties": ["key": ["type": "string"]], "required": ["key"],
      ],
    ],
  ]

  static func call(_ name: String, id: String) -> JSON {
    [
      "id": .string(id), "type": "function",
      "function": ["name": .string(name), "arguments": ["key": "value"]],
    ]
  }

  static func result(_ text: String, id: String) -> JSON {
    ["role": "tool", "content": .string(text), "tool_call_id": .string(id), "name": "probe_tool"]
  }

  static func answer(calls: [JSON]) -> JSON {
    ["role": "assistant", "content": "", "tool_calls": .array(calls)]
  }

  private func shows(_ wanted: String..., in text: String?) -> Bool {
    guard let text else { return false }
    return wanted.allSatisfy { text.range(of: $0) != nil }
  }

  var showsTools: Bool { shows("probe_tool", in: text([Self.user], tools: [Self.tool])) }

  var showsSystem: Bool {
    shows("probe rule", in: text([["role": "system", "content": "probe rule"], Self.user]))
  }

  /// The template itself knows the role, without its being taken for the system's.
  var showsDeveloper: Bool {
    template.source.contains("developer")
      && shows(
        "probe rule", in: text([["role": "developer", "content": "probe rule"], Self.user]))
  }

  var showsToolResults: Bool {
    let messages = [
      Self.user, Self.answer(calls: [Self.call("probe_tool", id: "callprob1")]),
      Self.result("probe result", id: "callprob1"),
    ]
    return shows("probe_tool", "probe result", in: text(messages, tools: [Self.tool]))
  }

  var showsParallelCalls: Bool {
    let messages = [
      Self.user,
      Self.answer(calls: [
        Self.call("probe_tool", id: "callprob1"), Self.call("probe_second", id: "callprob2"),
      ]),
      Self.result("probe result", id: "callprob1"), Self.result("other result", id: "callprob2"),
    ]
    return shows(
      "probe_tool", "probe_second", "probe result", "other result",
      in: text(messages, tools: [Self.tool]))
  }
}
