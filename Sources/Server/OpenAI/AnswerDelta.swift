import JSON

/// What one chunk adds to an answer.
struct AnswerDelta: Sendable, Equatable {
  var content: String?
  var reasoning: String?
  var toolCalls: [ToolCallDelta] = []
  /// Calls that turned out to be none; their text is content.
  var voidCalls: [Int] = []
  /// One entry for each token that this delta completes, where the request asked for them.
  var logprobs: [JSON] = []

  var isEmpty: Bool {
    content == nil && reasoning == nil && toolCalls.isEmpty && logprobs.isEmpty
  }
}

/// What one chunk adds to one tool call: first its id and name, then pieces of its arguments.
struct ToolCallDelta: Sendable, Equatable {
  var index: Int
  var id: String?
  var name: String?
  var arguments = ""

  var json: JSON {
    var function = JSONObject()
    if let name { function["name"] = .string(name) }
    function["arguments"] = .string(arguments)
    var call = JSONObject([(key: "index", value: .integer(index))])
    if let id {
      call["id"] = .string(id)
      call["type"] = "function"
    }
    call["function"] = .object(function)
    return .object(call)
  }
}

extension AnswerDelta {
  /// The `delta` of a chunk; the first one of an answer carries the role.
  func json(withRole: Bool) -> JSON {
    var delta = JSONObject()
    if withRole { delta["role"] = "assistant" }
    if let reasoning { delta["reasoning_content"] = .string(reasoning) }
    if let content {
      delta["content"] = .string(content)
    } else if withRole {
      delta["content"] = toolCalls.isEmpty && reasoning == nil ? "" : .null
    }
    if !toolCalls.isEmpty { delta["tool_calls"] = .array(toolCalls.map(\.json)) }
    return .object(delta)
  }

  /// Adds a piece of content, reasoning or a call that the same token completed.
  mutating func append(content text: String) { content = (content ?? "") + text }

  mutating func append(reasoning text: String) { reasoning = (reasoning ?? "") + text }

  mutating func append(call: ToolCallDelta) {
    guard call.id == nil, let last = toolCalls.indices.last, toolCalls[last].index == call.index
    else { return toolCalls.append(call) }
    toolCalls[last].arguments += call.arguments
  }
}
