import JSON

/// What /openapi.json says of one endpoint.
struct APIDescription: Sendable {
  /// One sentence.
  let summary: String
  /// The schema of the body; nil where there is none.
  let body: JSON?
  let bodyIsRequired: Bool
  /// The schema of the answer, where it is JSON.
  let answer: JSON?
  /// What the answer is, where it is neither JSON nor events.
  let mediaType: String
  /// Answers as server-sent events where the request asks for them.
  let streams: Bool

  init(
    _ summary: String, body: JSON? = nil, bodyIsRequired: Bool = true, answer: JSON? = nil,
    streams: Bool = false, mediaType: String = "text/plain"
  ) {
    self.summary = summary
    self.body = body
    self.bodyIsRequired = bodyIsRequired
    self.answer = answer
    self.streams = streams
    self.mediaType = mediaType
  }
}
