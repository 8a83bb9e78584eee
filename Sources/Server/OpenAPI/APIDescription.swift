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
  /// Answers as server-sent events where the request asks for them.
  let streams: Bool

  init(
    _ summary: String, body: JSON? = nil, bodyIsRequired: Bool = true, answer: JSON? = nil,
    streams: Bool = false
  ) {
    self.summary = summary
    self.body = body
    self.bodyIsRequired = bodyIsRequired
    self.answer = answer
    self.streams = streams
  }
}
