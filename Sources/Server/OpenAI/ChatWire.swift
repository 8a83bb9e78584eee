import Hummingbird
import JSON

/// Chat completions: chunks of one message.
struct ChatWire: AnswerWire {
  private let writer: ChatWriter
  private var message = ChatMessage()
  private var isFirst = true

  init(_ writer: ChatWriter) { self.writer = writer }

  mutating func frames(_ delta: AnswerDelta, usageSoFar: Usage) -> [ByteBuffer] {
    let delta = ChatDelta(delta)
    guard !delta.isEmpty else { return [] }
    defer { isFirst = false }
    return [EventStream.frame(writer.chunk(delta, first: isFirst, usageSoFar: usageSoFar))]
  }

  mutating func lastFrames(_ summary: AnswerSummary) -> [ByteBuffer] {
    // Every answer names its role, also one that is empty.
    let empty = ChatDelta(content: "")
    let first = isFirst ? [writer.chunk(empty, first: true, usageSoFar: summary.usage)] : []
    return (first + writer.lastChunks(summary)).map(EventStream.frame) + [EventStream.end]
  }

  func failure(_ error: APIError) -> [ByteBuffer] {
    [EventStream.frame(error.json), EventStream.end]
  }

  mutating func fold(_ delta: AnswerDelta) { message.append(ChatDelta(delta)) }

  func whole(_ summary: AnswerSummary) -> JSON { writer.whole(message, summary) }
}
