import JSON

/// The message of a chat completion, folded from its deltas: what a client that doesn't stream is
/// given.
///
/// The one difference to what a streaming client holds: a call that was cut off isn't in it.
struct ChatMessage: Sendable, Equatable {
  private(set) var content = ""
  private(set) var reasoning: String?
  private(set) var toolCalls: [ToolCallDelta] = []
  private(set) var logprobs: [JSON] = []

  mutating func append(_ delta: ChatDelta) {
    content += delta.content ?? ""
    if let more = delta.reasoning { reasoning = (reasoning ?? "") + more }
    for call in delta.toolCalls { append(call) }
    toolCalls.removeAll { delta.voidCalls.contains($0.index) }
    logprobs += delta.logprobs
  }

  private mutating func append(_ call: ToolCallDelta) {
    guard let position = toolCalls.firstIndex(where: { $0.index == call.index }) else {
      return toolCalls.append(call)
    }
    toolCalls[position].arguments += call.arguments
  }

  /// Its content is null where it only calls tools.
  var json: JSON {
    var message = JSONObject([(key: "role", value: "assistant")])
    message["content"] = content.isEmpty && !toolCalls.isEmpty ? .null : .string(content)
    message["refusal"] = .null
    if let reasoning { message["reasoning_content"] = .string(reasoning) }
    if !toolCalls.isEmpty { message["tool_calls"] = .array(toolCalls.map(Self.wholeCall)) }
    return .object(message)
  }

  private static func wholeCall(_ call: ToolCallDelta) -> JSON {
    [
      "id": .string(call.id ?? ""), "type": "function",
      "function": ["name": .string(call.name ?? ""), "arguments": .string(call.arguments)],
    ]
  }
}
