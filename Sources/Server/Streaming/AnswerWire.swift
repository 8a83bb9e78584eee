import Hummingbird
import JSON

/// How one API writes an answer: as the frames of a stream, or folded into one body.
protocol AnswerWire: Sendable {
  /// What a stream says before the model has said anything.
  mutating func begin() -> [ByteBuffer]
  mutating func frames(_ delta: AnswerDelta, usageSoFar: Usage) -> [ByteBuffer]
  mutating func lastFrames(_ summary: AnswerSummary) -> [ByteBuffer]
  /// The end of a stream that can't go on.
  mutating func failure(_ error: APIError) -> [ByteBuffer]
  /// Told when the client left before the end.
  mutating func abandoned()
  /// Keeps the connection alive while there is nothing to say.
  func keepAlive(progress: String) -> ByteBuffer

  /// Takes a delta without writing it.
  mutating func fold(_ delta: AnswerDelta)
  /// What was folded, in one piece.
  mutating func whole(_ summary: AnswerSummary) -> JSON
}

extension AnswerWire {
  mutating func begin() -> [ByteBuffer] { [] }

  mutating func abandoned() {}

  func keepAlive(progress: String) -> ByteBuffer { EventStream.comment(progress) }
}
