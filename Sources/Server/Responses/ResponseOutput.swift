import JSON

/// The output of a response as it grows, and the events that tell of it.
struct ResponseOutput: Sendable {
  /// What item ids are made of, so that no two answers share one.
  let suffix: String
  private(set) var items: [ResponseItem] = []
  private var pieces = AgentPieces()

  init(suffix: String) { self.suffix = suffix }

  private var isOpen: Bool { items.last?.status == .inProgress }

  mutating func take(_ delta: AnswerDelta) -> [JSON] {
    let delta = pieces.take(delta)
    // Entries belong to the text; those of reasoning and calls have no place in this API.
    var logprobs = delta.logprobs
    return delta.pieces.flatMap { piece in
      if case .content(let text) = piece {
        defer { logprobs = [] }
        return take(text, logprobs)
      }
      return take(piece)
    }
  }

  private mutating func take(_ piece: AnswerPiece) -> [JSON] {
    switch piece {
    case .content(let text): return take(text, [])
    case .reasoning(let text): return take(reasoning: text)
    case .call(_, let id, let name):
      return open("fc", .call(id: id, name: name, arguments: ""))
    case .arguments(_, let fragment):
      guard isOpen, case .call(let id, let name, let before)? = items.last?.content else {
        return []
      }
      return grow(
        .call(id: id, name: name, arguments: before + fragment),
        "response.function_call_arguments.delta", ["delta": .string(fragment)])
    case .endOfCall: return close(.completed)
    case .voidCall: return []
    }
  }

  private mutating func take(_ text: String, _ logprobs: [JSON]) -> [JSON] {
    var events: [JSON] = []
    if !isOpen || !(items.last?.isMessage ?? false) {
      events = open("msg", .message(text: "", logprobs: []))
      events.append(part("response.content_part.added", ResponseItem.textPart("", [])))
    }
    guard case .message(let before, let entries)? = items.last?.content else { return events }
    return events
      + grow(
        .message(text: before + text, logprobs: entries + logprobs),
        "response.output_text.delta",
        ["content_index": 0, "delta": .string(text), "logprobs": .array(logprobs)])
  }

  private mutating func take(reasoning text: String) -> [JSON] {
    var events: [JSON] = []
    if !isOpen || !(items.last?.isReasoning ?? false) {
      events = open("rs", .reasoning(""))
      events.append(part("response.content_part.added", ResponseItem.reasoningPart("")))
    }
    guard case .reasoning(let before)? = items.last?.content else { return events }
    return events
      + grow(
        .reasoning(before + text), "response.reasoning_text.delta",
        ["content_index": 0, "delta": .string(text)])
  }
}

// MARK: - Items

extension ResponseOutput {
  private mutating func open(_ prefix: String, _ content: ResponseItem.Content) -> [JSON] {
    let closing = close(.completed)
    items.append(ResponseItem(id: "\(prefix)_\(suffix)_\(items.count)", content: content))
    return closing + [item("response.output_item.added")]
  }

  private mutating func grow(
    _ content: ResponseItem.Content, _ type: String, _ members: JSON
  ) -> [JSON] {
    items[items.count - 1].content = content
    return [event(type, members)]
  }

  /// Ends the item under way.
  mutating func close(_ status: ResponseItem.Status) -> [JSON] {
    guard isOpen else { return [] }
    items[items.count - 1].status = status
    return endOfContent(items[items.count - 1].content) + [item("response.output_item.done")]
  }

  private func endOfContent(_ content: ResponseItem.Content) -> [JSON] {
    switch content {
    case .message(let text, let logprobs):
      let done = event(
        "response.output_text.done",
        ["content_index": 0, "text": .string(text), "logprobs": .array(logprobs)])
      return [
        done, part("response.content_part.done", ResponseItem.textPart(text, logprobs)),
      ]
    case .reasoning(let text):
      let done = event(
        "response.reasoning_text.done", ["content_index": 0, "text": .string(text)])
      return [done, part("response.content_part.done", ResponseItem.reasoningPart(text))]
    case .call(_, let name, let arguments):
      return [
        event(
          "response.function_call_arguments.done",
          ["name": .string(name), "arguments": .string(arguments)])
      ]
    }
  }

  private func item(_ type: String) -> JSON {
    [
      "type": .string(type), "output_index": .integer(items.count - 1),
      "item": items.last?.json ?? .null,
    ]
  }

  private func part(_ type: String, _ part: JSON) -> JSON {
    event(type, ["content_index": 0, "part": part])
  }

  /// An event of the item under way.
  private func event(_ type: String, _ members: JSON) -> JSON {
    var event = JSONObject([
      (key: "type", value: .string(type)), (key: "item_id", value: .string(items.last?.id ?? "")),
      (key: "output_index", value: .integer(items.count - 1)),
    ])
    for (name, value) in members.object ?? JSONObject() { event[name] = value }
    return .object(event)
  }
}

extension ResponseItem {
  fileprivate var isMessage: Bool { if case .message = content { true } else { false } }
  fileprivate var isReasoning: Bool { if case .reasoning = content { true } else { false } }
}
