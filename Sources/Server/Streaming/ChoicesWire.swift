import Hummingbird
import JSON

/// How an API writes the answers to one request, which may ask for several: `n` choices of a prompt,
/// or one for each of many prompts. Choices are numbered from 0.
protocol ChoicesWire: Sendable {
  /// What a stream says before the model has said anything.
  mutating func begin() -> [ByteBuffer]
  /// - Parameter usageSoFar: that of all choices.
  mutating func frames(_ delta: AnswerDelta, of choice: Int, usageSoFar: Usage) -> [ByteBuffer]
  /// How much of the prompts is computed, for clients that asked.
  mutating func frames(_ progress: PromptProgress) -> [ByteBuffer]
  /// The end of one choice.
  ///
  /// - Parameter all: what all of them took, with the last one: then the stream ends too.
  mutating func end(of choice: Int, _ summary: AnswerSummary, all: AnswerSummary?) -> [ByteBuffer]
  /// The end of a stream that can't go on.
  mutating func failure(_ error: APIError) -> [ByteBuffer]
  /// Told when the client left before the end.
  mutating func abandoned()
  /// Keeps the connection alive while there is nothing to say.
  func keepAlive(progress: String) -> ByteBuffer

  /// Takes a delta without writing it.
  mutating func fold(_ delta: AnswerDelta, of choice: Int)
  /// What was folded, in one piece.
  mutating func whole(_ summaries: [AnswerSummary], all: AnswerSummary) -> JSON
}

extension ChoicesWire {
  mutating func begin() -> [ByteBuffer] { [] }

  mutating func frames(_ progress: PromptProgress) -> [ByteBuffer] { [] }

  mutating func abandoned() {}

  func keepAlive(progress: String) -> ByteBuffer { EventStream.comment(progress) }
}

/// How far the engine is with the prompts of a request.
struct PromptProgress: Sendable, Equatable {
  var done = 0
  var total = 0
  /// Since the request came.
  var seconds = 0.0
}

/// The wire of an API that gives one answer to one request.
struct SoleChoice<Wire: AnswerWire>: ChoicesWire {
  private var wire: Wire

  init(_ wire: Wire) { self.wire = wire }

  mutating func begin() -> [ByteBuffer] { wire.begin() }

  mutating func frames(_ delta: AnswerDelta, of choice: Int, usageSoFar: Usage) -> [ByteBuffer] {
    wire.frames(delta, usageSoFar: usageSoFar)
  }

  mutating func end(of choice: Int, _ summary: AnswerSummary, all: AnswerSummary?) -> [ByteBuffer] {
    wire.lastFrames(summary)
  }

  mutating func failure(_ error: APIError) -> [ByteBuffer] { wire.failure(error) }

  mutating func abandoned() { wire.abandoned() }

  func keepAlive(progress: String) -> ByteBuffer { wire.keepAlive(progress: progress) }

  mutating func fold(_ delta: AnswerDelta, of choice: Int) { wire.fold(delta) }

  mutating func whole(_ summaries: [AnswerSummary], all: AnswerSummary) -> JSON { wire.whole(all) }
}
