import Hummingbird
import JSON
import Logging

/// Sends answers to who asked for them, in the words of its API; a client that leaves ends them.
struct AnswerResponse<Wire: ChoicesWire>: Sendable {
  let choices: Choices
  let wire: Wire
  let report: AnswerReport
  let keepAlive: Duration

  /// - Parameter logger: the request's own, which knows its name.
  init(_ choices: Choices, _ wire: Wire, server: ServerState, logger: Logger? = nil) {
    self.choices = choices
    self.wire = wire
    report = AnswerReport(id: choices.id, logger: logger ?? server.logger)
    keepAlive = server.configuration.keepAlive
  }

  /// For an API that gives one answer to a request.
  init<Sole: AnswerWire>(
    _ choice: Choices, _ wire: Sole, server: ServerState, logger: Logger? = nil
  ) where Wire == SoleChoice<Sole> {
    self.init(choice, SoleChoice(wire), server: server, logger: logger)
  }

  /// Waits for the whole answer.
  func whole(to asker: ServerContext) async throws -> Response {
    asker.share.endPreparing()
    var wire = wire
    do {
      return Response.json(try await folded(by: &wire, to: await asker.presence()))
    } catch let error as APIError {
      report.failed(error.message)
      throw error
    } catch let error as CancellationError {
      report.abandoned()
      wire.abandoned()
      throw error
    }
  }

  private func folded(by wire: inout Wire, to client: ClientPresence) async throws -> JSON {
    var choices = choices
    defer { choices.feed.end() }
    choices.feed.follow(client)
    for await case .element((let choice, let event)) in choices.feed.pulses {
      for event in choices.take(choice, event) {
        switch event {
        case .progress, .finished: break
        case .delta(let delta, let choice, _): wire.fold(delta, of: choice)
        case .failed(let failure): throw APIError(failure)
        }
      }
      if let summaries = choices.whole {
        report.finished(summaries.all)
        return wire.whole(summaries.each, all: summaries.all)
      }
    }
    throw CancellationError()
  }

  func stream(to asker: ServerContext) -> Response {
    asker.share.endPreparing()
    return Response(
      status: .ok, headers: EventStream.headers,
      body: ResponseBody { writer in
        var stream = AnswerFrames(choices, wire: wire, report: report, keepAlive: keepAlive)
        defer {
          if !stream.isFinished { stream.abandon() }
          choices.feed.end()
        }
        choices.feed.follow(await asker.presence())
        choices.feed.pulse(every: keepAlive)
        for buffer in stream.begin() { try await writer.write(buffer) }
        for await pulse in choices.feed.pulses {
          for buffer in stream.take(pulse) { try await writer.write(buffer) }
          if stream.isFinished { break }
        }
        guard stream.isFinished else { throw CancellationError() }
        try await writer.finish(nil)
      })
  }
}
