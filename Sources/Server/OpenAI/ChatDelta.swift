import JSON

/// What one chunk of a chat completion adds to it.
struct ChatDelta: Sendable, Equatable {
  var content: String?
  var reasoning: String?
  var toolCalls: [ToolCallDelta] = []
  /// Calls that turned out to be none; their text is content.
  var voidCalls: [Int] = []
  /// One entry for each token that this delta completes, where the request asked for them.
  var logprobs: [JSON] = []

  init(content: String? = nil) { self.content = content }

  init(_ delta: AnswerDelta) {
    logprobs = delta.logprobs
    for piece in delta.pieces {
      switch piece {
      case .content(let text): content = (content ?? "") + text
      case .reasoning(let text): reasoning = (reasoning ?? "") + text
      case .call(let index, let id, let name):
        toolCalls.append(ToolCallDelta(index: index, id: id, name: name))
      case .arguments(let index, let fragment): append(fragment, toCall: index)
      case .endOfCall: break
      case .voidCall(let index): voidCalls.append(index)
      }
    }
  }

  /// Whether there is anything to send.
  var isEmpty: Bool {
    content == nil && reasoning == nil && toolCalls.isEmpty && logprobs.isEmpty
  }

  private mutating func append(_ fragment: String, toCall index: Int) {
    if let last = toolCalls.indices.last, toolCalls[last].index == index {
      toolCalls[last].arguments += fragment
    } else {
      toolCalls.append(ToolCallDelta(index: index, arguments: fragment))
    }
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

extension ChatDelta {
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
}
