import JSON
import Runtime

/// What a generation means for the client that waits for its answer, whatever its API.
enum AnswerEvent: Sendable {
  /// Prompt tokens done, and how many there are.
  case progress(done: Int, total: Int)
  /// What one token added, and the tokens so far.
  case delta(AnswerDelta, Usage)
  /// The answer is complete though the engine could go on; it should be told to stop.
  case enough
  case finished(AnswerSummary)
  case failed(GenerationFailure)
}

/// Everything that one token brought to light, in order: clients count frames as tokens.
struct AnswerDelta: Sendable, Equatable {
  var pieces: [AnswerPiece] = []
  /// One entry for each token that this delta completes, where the request asked for them.
  var logprobs: [JSON] = []

  var isEmpty: Bool { pieces.isEmpty && logprobs.isEmpty }
}

/// A piece of an answer.
///
/// A call is `call`, `arguments` that join to a JSON object, then `endOfCall`; or `voidCall`, when it
/// turns out to be none, and its text follows as content.
enum AnswerPiece: Sendable, Equatable {
  case content(String)
  case reasoning(String)
  case call(index: Int, id: String, name: String)
  case arguments(index: Int, String)
  case endOfCall(index: Int)
  case voidCall(index: Int)
}

/// Why an answer ended.
enum AnswerEnd: Sendable, Equatable {
  /// The model ended it.
  case stop
  /// One of the request's stop strings ended it.
  case stopString(String)
  case length
  case toolCalls
}

/// How an answer ended and what it took.
struct AnswerSummary: Sendable, Equatable {
  var end: AnswerEnd
  var usage: Usage
  var timings: Timings
  /// Someone asked for the answer to end early; OpenAI's chat API has no word for it.
  var wasCancelled = false
}
