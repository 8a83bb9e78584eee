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
    _ index: Int, _ key: String, _ content: JSON, logprobs: [JSON], end: AnswerEnd?
  ) -> JSON {
    [
      "index": .integer(index),
      key: content,
      "logprobs": logprobs.isEmpty ? .null : ["content": .array(logprobs), "refusal": .null],
      "finish_reason": end.map { .string($0.finishReason) } ?? .null,
    ]
  }

  private func chunk(_ choices: [JSON]) -> JSONObject {
    JSONObject(head("chat.completion.chunk") + [(key: "choices", value: .array(choices))])
  }

  /// One piece of a streamed answer.
  func chunk(_ delta: ChatDelta, of index: Int, first: Bool, usageSoFar: Usage) -> JSON {
    let choice = choice(
      index, "delta", delta.json(withRole: first), logprobs: delta.logprobs, end: nil)
    var chunk = chunk([choice])
    switch usage {
    case .inOwnChunk: chunk["usage"] = .null
    case .continuous: chunk["usage"] = usageSoFar.json
    case .onLastChunk, .none: break
    }
    return .object(chunk)
  }

  /// How much of the prompt is computed, in the field that llama.cpp introduced.
  func chunk(_ progress: PromptProgress) -> JSON {
    var chunk = chunk([])
    chunk["prompt_progress"] = [
      "total": .integer(progress.total), "processed": .integer(progress.done),
      "time_ms": .integer(Int(progress.seconds * 1000)),
    ]
    return .object(chunk)
  }

  /// The chunk that says why a choice ended, and, with the last of them and where usage has its own,
  /// that one.
  func lastChunks(_ index: Int, _ summary: AnswerSummary, all: AnswerSummary?) -> [JSON] {
    let choice = choice(index, "delta", .object(JSONObject()), logprobs: [], end: summary.end)
    var last = chunk([choice])
    switch usage {
    case .onLastChunk: if let all { last["usage"] = all.usage.json }
    case .inOwnChunk: last["usage"] = .null
    case .continuous: last["usage"] = (all ?? summary).usage.json
    case .none: break
    }
    if let all { last["timings"] = all.timings.json }
    if summary.wasCancelled { last["cancelled"] = true }
    guard let all, usage == .inOwnChunk || usage == .continuous else { return [.object(last)] }
    var own = chunk([])
    own["usage"] = all.usage.json
    own["timings"] = all.timings.json
    return [.object(last), .object(own)]
  }

  /// The answers in one piece.
  func whole(_ answers: [(message: ChatMessage, summary: AnswerSummary)], _ all: AnswerSummary)
    -> JSON
  {
    let choices = answers.enumerated().map { index, answer in
      choice(
        index, "message", answer.message.json, logprobs: answer.message.logprobs,
        end: answer.summary.end)
    }
    var whole = JSONObject(
      head("chat.completion") + [
        (key: "choices", value: .array(choices)), (key: "usage", value: all.usage.json),
        (key: "timings", value: all.timings.json),
      ])
    if all.wasCancelled { whole["cancelled"] = true }
    return .object(whole)
  }
}

extension AnswerEnd {
  var finishReason: String {
    switch self {
    case .stop, .stopString: "stop"
    case .length: "length"
    case .toolCalls: "tool_calls"
    }
  }
}
