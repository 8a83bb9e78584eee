import JSON

/// One item of a response's output, as it grows.
struct ResponseItem: Sendable {
  enum Content: Sendable {
    case message(text: String, logprobs: [JSON])
    case reasoning(String)
    case call(id: String, name: String, arguments: String)
  }

  enum Status: String, Sendable {
    case inProgress = "in_progress"
    case completed, incomplete
  }

  let id: String
  var content: Content
  var status = Status.inProgress

  var json: JSON {
    let status = JSON.string(status.rawValue)
    switch content {
    case .message:
      return [
        "id": .string(id), "type": "message", "status": status, "role": "assistant",
        "content": parts,
      ]
    case .reasoning:
      return [
        "id": .string(id), "type": "reasoning", "status": status, "summary": [], "content": parts,
      ]
    case .call(let call, let name, let arguments):
      return [
        "id": .string(id), "type": "function_call", "status": status, "call_id": .string(call),
        "name": .string(name), "arguments": .string(arguments),
      ]
    }
  }

  /// The one part of a message or of reasoning; none as long as it is empty and in progress.
  private var parts: JSON {
    switch content {
    case .message(let text, let logprobs):
      hasContent(text) ? [Self.textPart(text, logprobs)] : []
    case .reasoning(let text): hasContent(text) ? [Self.reasoningPart(text)] : []
    case .call: []
    }
  }

  private func hasContent(_ text: String) -> Bool { !text.isEmpty || status != .inProgress }

  static func textPart(_ text: String, _ logprobs: [JSON]) -> JSON {
    [
      "type": "output_text", "text": .string(text), "annotations": [],
      "logprobs": .array(logprobs),
    ]
  }

  static func reasoningPart(_ text: String) -> JSON {
    ["type": "reasoning_text", "text": .string(text)]
  }
}
