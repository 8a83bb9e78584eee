import Hummingbird
import JSON
import Runtime

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

/// Turns the events of an answer into the frames of its stream.
struct ChatStream {
  private var answer: Answer
  private let report: AnswerReport
  private var isFirst = true
  private var progress = "waiting"
  private(set) var isFinished = false

  init(answer: Answer, report: AnswerReport) {
    self.answer = answer
    self.report = report
  }

  mutating func take(_ pulse: Pulse<GenerationEvent>) -> [ByteBuffer] {
    switch pulse {
    case .silence: [EventStream.comment(progress)]
    case .element(let event): answer.take(event).flatMap { frames($0) }
    }
  }

  private mutating func frames(_ event: AnswerEvent) -> [ByteBuffer] {
    switch event {
    case .progress(let done, let total):
      progress = "prompt \(done)/\(total)"
      return []
    case .delta(let delta, let usage):
      defer { isFirst = false }
      return [EventStream.frame(answer.writer.chunk(delta, first: isFirst, usageSoFar: usage))]
    case .enough: return []
    case .finished(let summary): return finish(summary)
    case .failed(let reason):
      isFinished = true
      report.failed(reason)
      return [EventStream.frame(APIError.serverFailure(reason).json), EventStream.end]
    }
  }

  private mutating func finish(_ summary: AnswerSummary) -> [ByteBuffer] {
    isFinished = true
    report.finished(summary)
    // Every answer names its role, also one that is empty.
    let empty = AnswerDelta(content: "")
    let first = isFirst ? [answer.writer.chunk(empty, first: true, usageSoFar: summary.usage)] : []
    return (first + answer.writer.lastChunks(summary)).map(EventStream.frame) + [EventStream.end]
  }
}
