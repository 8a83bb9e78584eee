import Hummingbird
import JSON

/// Anthropic's messages: a list of blocks, streamed as the events that build it.
struct MessagesWire: AnswerWire {
  let id: String
  let model: String
  let promptTokens: Int
  let maximumTokens: Int?
  let thinking: ThinkingDisplay

  private var pieces = AgentPieces()
  private var blocks: [MessageBlock] = []
  /// Whether the last block may still grow.
  private var isOpen = false

  init(
    id: String, model: String, promptTokens: Int, maximumTokens: Int?, thinking: ThinkingDisplay
  ) {
    self.id = id
    self.model = model
    self.promptTokens = promptTokens
    self.maximumTokens = maximumTokens
    self.thinking = thinking
  }

  func begin() -> [ByteBuffer] {
    let usage = Usage(promptTokens: promptTokens)
    let message = message(stopReason: .null, stopSequence: .null, usage: usage)
    return [["type": "message_start", "message": message], Self.ping].map(EventStream.event)
  }

  mutating func frames(_ delta: AnswerDelta, usageSoFar: Usage) -> [ByteBuffer] {
    take(delta).map(EventStream.event)
  }

  mutating func lastFrames(_ summary: AnswerSummary) -> [ByteBuffer] {
    let (reason, sequence) = stop(summary)
    let end: [JSON] = [
      [
        "type": "message_delta",
        "delta": ["stop_reason": reason, "stop_sequence": sequence],
        "usage": .object(summary.usage.anthropicFields),
      ],
      ["type": "message_stop"],
    ]
    return (close() + end).map(EventStream.event)
  }

  func failure(_ error: APIError) -> [ByteBuffer] { [EventStream.event(error.anthropicJSON)] }

  private static let ping: JSON = ["type": "ping"]

  func keepAlive(progress: String) -> ByteBuffer { EventStream.event(Self.ping) }

  mutating func fold(_ delta: AnswerDelta) { _ = take(delta) }

  mutating func whole(_ summary: AnswerSummary) -> JSON {
    let (reason, sequence) = stop(summary)
    return message(stopReason: reason, stopSequence: sequence, usage: summary.usage)
  }
}

// MARK: - Blocks

extension MessagesWire {
  /// The events that a delta makes.
  private mutating func take(_ delta: AnswerDelta) -> [JSON] {
    pieces.take(delta).pieces.flatMap { take($0) }
  }

  private mutating func take(_ piece: AnswerPiece) -> [JSON] {
    switch piece {
    case .content(let text): return take(text)
    case .reasoning(let text): return take(reasoning: text)
    case .call(_, let id, let name): return open(.toolUse(id: id, name: name, input: ""))
    case .arguments(_, let fragment):
      guard isOpen, case .toolUse(let id, let name, let input)? = blocks.last else { return [] }
      return grow(
        .toolUse(id: id, name: name, input: input + fragment),
        ["type": "input_json_delta", "partial_json": .string(fragment)])
    case .endOfCall: return close()
    case .voidCall: return []
    }
  }

  private mutating func take(_ text: String) -> [JSON] {
    let delta: JSON = ["type": "text_delta", "text": .string(text)]
    if isOpen, case .text(let before)? = blocks.last { return grow(.text(before + text), delta) }
    return open(.text("")) + grow(.text(text), delta)
  }

  private mutating func take(reasoning text: String) -> [JSON] {
    guard thinking != .hidden else { return [] }
    let shown = thinking == .shown ? text : ""
    let delta: JSON = ["type": "thinking_delta", "thinking": .string(shown)]
    if isOpen, case .thinking(let before)? = blocks.last {
      return shown.isEmpty ? [] : grow(.thinking(before + shown), delta)
    }
    let opening = open(.thinking(""))
    return shown.isEmpty ? opening : opening + grow(.thinking(shown), delta)
  }

  private mutating func open(_ block: MessageBlock) -> [JSON] {
    let closing = close()
    blocks.append(block)
    isOpen = true
    return closing + [event("content_block_start", "content_block", block.opening)]
  }

  private mutating func grow(_ block: MessageBlock, _ delta: JSON) -> [JSON] {
    blocks[blocks.count - 1] = block
    return [event("content_block_delta", "delta", delta)]
  }

  private mutating func close() -> [JSON] {
    guard isOpen, let block = blocks.last else { return [] }
    isOpen = false
    let closing = block.closing.map { [event("content_block_delta", "delta", $0)] } ?? []
    let index = JSON.integer(blocks.count - 1)
    return closing + [["type": "content_block_stop", "index": index]]
  }

  private func event(_ type: String, _ key: String, _ content: JSON) -> JSON {
    ["type": .string(type), "index": .integer(blocks.count - 1), key: content]
  }
}

// MARK: - The message

extension MessagesWire {
  private func message(stopReason: JSON, stopSequence: JSON, usage: Usage) -> JSON {
    var fields = usage.anthropicFields
    fields["service_tier"] = "standard"
    return [
      "id": .string(id), "type": "message", "role": "assistant", "model": .string(model),
      "content": .array(blocks.map(\.json)), "stop_reason": stopReason,
      "stop_sequence": stopSequence, "usage": .object(fields),
    ]
  }

  private func stop(_ summary: AnswerSummary) -> (reason: JSON, sequence: JSON) {
    switch summary.end {
    case .stop: return ("end_turn", .null)
    case .stopString(let text): return ("stop_sequence", .string(text))
    case .toolCalls: return ("tool_use", .null)
    case .length:
      let isOwnLimit = summary.usage.completionTokens >= maximumTokens ?? .max
      return (isOwnLimit ? "max_tokens" : "model_context_window_exceeded", .null)
    }
  }
}

extension Usage {
  /// Anthropic counts what was read from the cache apart from the rest of the prompt.
  fileprivate var anthropicFields: JSONObject {
    var fields = JSONObject([(key: "input_tokens", value: .integer(promptTokens - cachedTokens))])
    fields["cache_creation_input_tokens"] = 0
    fields["cache_read_input_tokens"] = .integer(cachedTokens)
    fields["output_tokens"] = .integer(completionTokens)
    fields["output_tokens_details"] = ["thinking_tokens": .integer(reasoningTokens)]
    return fields
  }
}
