import Hummingbird

extension Endpoint {
  /// The model's answer to a conversation, streamed or whole.
  static let chatCompletions = Endpoint(
    .post, "/v1/chat/completions", "/chat/completions"
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request)
    let model = try server.slot.ready()
    let chat = try ChatRequest(body, traits: model.traits)
    let answer = try model.begin(
      chat, id: server.configuration.makeID(), created: server.configuration.now(),
      modelID: server.configuration.modelID)
    let report = AnswerReport(id: answer.writer.id, logger: server.logger)
    return chat.delivery.stream
      ? stream(answer, to: request, report, keepAlive: server.configuration.keepAlive)
      : try await whole(answer, to: request, report)
  }

  /// Waits for the whole answer; a client that leaves ends it.
  private static func whole(
    _ answer: Answer, to request: Request, _ report: AnswerReport
  ) async throws -> Response {
    var response = try await request.body.consumeWithCancellationOnInboundClose { _ in
      do {
        let (whole, summary) = try await answer.whole()
        report.finished(summary)
        return Response.json(answer.writer.whole(whole, summary))
      } catch let error as APIError {
        report.failed(error.message)
        return Response.error(error)
      } catch let error as CancellationError {
        report.abandoned()
        throw error
      }
    }
    // Watching the connection for its end used up its input: no second request can be read.
    response.headers[.connection] = "close"
    return response
  }

  private static func stream(
    _ answer: Answer, to request: Request, _ report: AnswerReport, keepAlive: Duration
  ) -> Response {
    Response(
      status: .ok, headers: EventStream.headers,
      body: ResponseBody { writer in
        try await request.body.consumeWithCancellationOnInboundClose { _ in
          var stream = ChatStream(answer: answer, report: report)
          defer { if !stream.isFinished { report.abandoned() } }
          for await pulse in answer.events.pulsing(every: keepAlive) {
            for buffer in stream.take(pulse) { try await writer.write(buffer) }
          }
          guard stream.isFinished else { throw CancellationError() }
        }
        try await writer.finish(nil)
      })
  }
}
