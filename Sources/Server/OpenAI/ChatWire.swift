import Hummingbird
import JSON

/// Chat completions: chunks of the messages of one or more choices.
struct ChatWire: ChoicesWire {
  private let writer: ChatWriter
  private let showsProgress: Bool
  private var messages: [ChatMessage]
  /// Choices that have a frame already, which named its role.
  private var begun: [Bool]

  init(_ writer: ChatWriter, choices: Int = 1, showsProgress: Bool = false) {
    self.writer = writer
    self.showsProgress = showsProgress
    messages = Array(repeating: ChatMessage(), count: choices)
    begun = Array(repeating: false, count: choices)
  }

  mutating func frames(_ delta: AnswerDelta, of choice: Int, usageSoFar: Usage) -> [ByteBuffer] {
    let delta = ChatDelta(delta)
    guard !delta.isEmpty else { return [] }
    return [EventStream.frame(chunk(delta, choice, usageSoFar))]
  }

  mutating func frames(_ progress: PromptProgress) -> [ByteBuffer] {
    showsProgress ? [EventStream.frame(writer.chunk(progress))] : []
  }

  mutating func end(of choice: Int, _ summary: AnswerSummary, all: AnswerSummary?) -> [ByteBuffer] {
    // Every answer names its role, also one that is empty.
    let first = begun[choice] ? [] : [chunk(ChatDelta(content: ""), choice, summary.usage)]
    let frames = (first + writer.lastChunks(choice, summary, all: all)).map(EventStream.frame)
    return all == nil ? frames : frames + [EventStream.end]
  }

  private mutating func chunk(_ delta: ChatDelta, _ choice: Int, _ usage: Usage) -> JSON {
    defer { begun[choice] = true }
    return writer.chunk(delta, of: choice, first: !begun[choice], usageSoFar: usage)
  }

  func failure(_ error: APIError) -> [ByteBuffer] {
    [EventStream.frame(error.json), EventStream.end]
  }

  mutating func fold(_ delta: AnswerDelta, of choice: Int) {
    messages[choice].append(ChatDelta(delta))
  }

  func whole(_ summaries: [AnswerSummary], all: AnswerSummary) -> JSON {
    writer.whole(Array(zip(messages, summaries)), all)
  }
}
