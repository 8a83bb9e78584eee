import JSON

/// Writes one answer's chunks and its whole: the fields that all of them share, in a fixed order.
struct ChatWriter: Sendable {
  var id: String
  /// Seconds since 1970.
  var created: Int
  var model: String
  var fingerprint: String
  var usage: Delivery.Usage

  private func head(_ object: String) -> [(key: String, value: JSON)] {
    [
      (key: "id", value: .string(id)), (key: "object", value: .string(object)),
      (key: "created", value: .integer(created)), (key: "model", value: .string(model)),
      (key: "system_fingerprint", value: .string(fingerprint)),
    ]
  }

  private func choice(
    _ key: String, _ content: JSON, logprobs: [JSON], end: AnswerEnd?
  ) -> JSON {
    [
      "index": 0,
      key: content,
      "logprobs": logprobs.isEmpty ? .null : ["content": .array(logprobs), "refusal": .null],
      "finish_reason": end.map { .string($0.finishReason) } ?? .null,
    ]
  }

  /// One piece of a streamed answer.
  func chunk(_ delta: ChatDelta, first: Bool, usageSoFar: Usage) -> JSON {
    let choice = choice(
      "delta", delta.json(withRole: first), logprobs: delta.logprobs, end: nil)
    var chunk = JSONObject(head("chat.completion.chunk") + [(key: "choices", value: [choice])])
    switch usage {
    case .inOwnChunk: chunk["usage"] = .null
    case .continuous: chunk["usage"] = usageSoFar.json
    case .onLastChunk, .none: break
    }
    return .object(chunk)
  }

  /// The chunk that says why the answer ended, and, where usage has its own, that one.
  func lastChunks(_ summary: AnswerSummary) -> [JSON] {
    let choice = choice("delta", .object(JSONObject()), logprobs: [], end: summary.end)
    var last = JSONObject(head("chat.completion.chunk") + [(key: "choices", value: [choice])])
    switch usage {
    case .onLastChunk: last["usage"] = summary.usage.json
    case .inOwnChunk: last["usage"] = .null
    case .continuous: last["usage"] = summary.usage.json
    case .none: break
    }
    last["timings"] = summary.timings.json
    if summary.wasCancelled { last["cancelled"] = true }
    guard usage == .inOwnChunk || usage == .continuous else { return [.object(last)] }
    let own = JSONObject(
      head("chat.completion.chunk") + [
        (key: "choices", value: []), (key: "usage", value: summary.usage.json),
        (key: "timings", value: summary.timings.json),
      ])
    return [.object(last), .object(own)]
  }

  /// The answer in one piece.
  func whole(_ answer: ChatMessage, _ summary: AnswerSummary) -> JSON {
    let choice = choice(
      "message", answer.json, logprobs: answer.logprobs, end: summary.end)
    var whole = JSONObject(
      head("chat.completion") + [
        (key: "choices", value: [choice]), (key: "usage", value: summary.usage.json),
        (key: "timings", value: summary.timings.json),
      ])
    if summary.wasCancelled { whole["cancelled"] = true }
    return .object(whole)
  }
}

extension AnswerEnd {
  fileprivate var finishReason: String {
    switch self {
    case .stop, .stopString: "stop"
    case .length: "length"
    case .toolCalls: "tool_calls"
    }
  }
}
