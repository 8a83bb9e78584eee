/// What a piece of a model's output means.
///
/// A tool call is `toolCall`, then `toolArguments` fragments that join to a JSON object, then
/// `toolCallEnd`. A call that never gets its end is void: `rejectedToolCall` then gives its text
/// and says why. So an answer that isn't streamed drops the calls that have no end.
public enum OutputEvent: Sendable, Equatable {
  case content(String)
  case reasoning(String)
  case toolCall(index: Int, id: String, name: String)
  case toolArguments(index: Int, fragment: String)
  case toolCallEnd(index: Int)
  /// Text that began as a tool call and isn't one: cut by the token limit, malformed, or naming a
  /// tool that the request doesn't offer. The text is complete, markers included.
  case rejectedToolCall(text: String, reason: String)
}

/// Why the output ended.
public enum FinishReason: Sendable {
  /// The model ended its turn, or the text met a stop string.
  case stop
  /// The token limit cut it.
  case length
}
