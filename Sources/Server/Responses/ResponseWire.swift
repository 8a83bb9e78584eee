import Hummingbird
import JSON

/// The Responses API: an object with a list of items, streamed as the events that build it.
struct ResponseWire: AnswerWire {
  private let id: String
  private let model: String
  private let created: Int
  private let now: @Sendable () -> Int
  private let request: ResponseRequest
  private let store: ResponseStore

  private var output: ResponseOutput
  /// The number of the next event.
  private var sequence = 0

  init(
    id: String, request: ResponseRequest, configuration: ServerConfiguration, store: ResponseStore
  ) {
    self.id = id
    self.request = request
    self.store = store
    model = request.model ?? configuration.modelID
    now = configuration.now
    created = now()
    output = ResponseOutput(suffix: String(id.drop { $0 != "_" }.dropFirst()))
  }

  mutating func begin() -> [ByteBuffer] {
    let response = response("in_progress")
    return frames(["response.created", "response.in_progress"].map { event($0, response) })
  }

  mutating func frames(_ delta: AnswerDelta, usageSoFar: Usage) -> [ByteBuffer] {
    frames(output.take(delta))
  }

  mutating func lastFrames(_ summary: AnswerSummary) -> [ByteBuffer] {
    let closing = output.close(itemStatus(summary))
    let response = end(summary)
    let type = response["status"] == "completed" ? "response.completed" : "response.incomplete"
    return frames(closing + [event(type, response)])
  }

  mutating func failure(_ error: APIError) -> [ByteBuffer] {
    let closing = output.close(.incomplete)
    let failure: JSON = ["code": "server_error", "message": .string(error.message)]
    let response = response("failed", error: failure)
    keep(response)
    return frames(closing + [event("response.failed", response)])
  }

  mutating func fold(_ delta: AnswerDelta) { _ = output.take(delta) }

  mutating func whole(_ summary: AnswerSummary) -> JSON {
    _ = output.close(itemStatus(summary))
    return end(summary)
  }

  mutating func abandoned() {
    _ = output.close(.incomplete)
    keep(response("cancelled"))
  }

  /// Lets others find the response while it is made.
  func announce() { keep(response("in_progress")) }
}

// MARK: - Events

extension ResponseWire {
  private func event(_ type: String, _ response: JSON) -> JSON {
    ["type": .string(type), "response": response]
  }

  /// Numbers events and writes them.
  private mutating func frames(_ events: [JSON]) -> [ByteBuffer] {
    events.map { event in
      var members = JSONObject()
      for (name, value) in event.object ?? JSONObject() {
        members[name] = value
        if name == "type" { members["sequence_number"] = .integer(sequence) }
      }
      sequence += 1
      return EventStream.event(.object(members))
    }
  }
}

// MARK: - The response

extension ResponseWire {
  private func itemStatus(_ summary: AnswerSummary) -> ResponseItem.Status {
    summary.end == .length || summary.wasCancelled ? .incomplete : .completed
  }

  private func end(_ summary: AnswerSummary) -> JSON {
    let isCut = summary.end == .length
    let status = summary.wasCancelled ? "cancelled" : isCut ? "incomplete" : "completed"
    let response = response(status, usage: summary.usage.responseFields)
    keep(response)
    return response
  }

  private func keep(_ response: JSON) {
    if request.isStored { store.keep(response, after: request.context) }
  }

  private func response(_ status: String, error: JSON = .null, usage: JSON = .null) -> JSON {
    var members = JSONObject([
      (key: "id", value: .string(id)), (key: "object", value: "response"),
      (key: "created_at", value: .integer(created)), (key: "status", value: .string(status)),
      (key: "background", value: false),
      (key: "completed_at", value: status == "completed" ? .integer(now()) : .null),
      (key: "error", value: error),
    ])
    members["incomplete_details"] =
      status == "incomplete" ? ["reason": "max_output_tokens"] : .null
    members["model"] = .string(model)
    members["output"] = .array(output.items.map(\.json))
    request.echo.write(into: &members)
    members["usage"] = usage
    return .object(members)
  }
}

extension Usage {
  fileprivate var responseFields: JSON {
    [
      "input_tokens": .integer(promptTokens),
      "input_tokens_details": [
        "cached_tokens": .integer(cachedTokens), "cache_write_tokens": 0,
      ],
      "output_tokens": .integer(completionTokens),
      "output_tokens_details": ["reasoning_tokens": .integer(reasoningTokens)],
      "total_tokens": .integer(promptTokens + completionTokens),
    ]
  }
}
