import Hummingbird

/// Sends an answer to who asked for it, in the words of its API; a client that leaves ends it.
struct AnswerResponse<Wire: AnswerWire>: Sendable {
  let answer: Answer
  let wire: Wire
  let report: AnswerReport
  let keepAlive: Duration

  init(_ answer: Answer, _ wire: Wire, server: ServerState) {
    self.answer = answer
    self.wire = wire
    report = AnswerReport(id: answer.id, logger: server.logger)
    keepAlive = server.configuration.keepAlive
  }

  /// Waits for the whole answer.
  func whole(to request: Request) async throws -> Response {
    var response = try await request.body.consumeWithCancellationOnInboundClose { _ in
      var wire = wire
      do {
        let (body, summary) = try await answer.whole(&wire)
        report.finished(summary)
        return Response.json(body)
      } catch let error as APIError {
        report.failed(error.message)
        throw error
      } catch let error as CancellationError {
        report.abandoned()
        wire.abandoned()
        throw error
      }
    }
    // Watching the connection for its end used up its input: no second request can be read.
    response.headers[.connection] = "close"
    return response
  }

  func stream(to request: Request) -> Response {
    Response(
      status: .ok, headers: EventStream.headers,
      body: ResponseBody { writer in
        try await request.body.consumeWithCancellationOnInboundClose { _ in
          var stream = AnswerFrames(
            answer: answer, wire: wire, report: report, keepAlive: keepAlive)
          defer { if !stream.isFinished { stream.abandon() } }
          for buffer in stream.begin() { try await writer.write(buffer) }
          for await pulse in answer.events.pulsing(every: keepAlive) {
            for buffer in stream.take(pulse) { try await writer.write(buffer) }
          }
          guard stream.isFinished else { throw CancellationError() }
        }
        try await writer.finish(nil)
      })
  }
}
