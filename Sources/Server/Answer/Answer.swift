import JSON
import Runtime

/// One answer under way: the engine's events and what is made of them.
struct Answer: Sendable {
  let id: String
  let events: AsyncStream<GenerationEvent>
  let engine: Engine
  private var builder: AnswerBuilder

  init(
    id: String, events: AsyncStream<GenerationEvent>, engine: Engine, builder: AnswerBuilder
  ) {
    self.id = id
    self.events = events
    self.engine = engine
    self.builder = builder
  }

  var promptTokens: Int { builder.usage.promptTokens }

  /// What an event of the engine means, with the engine told when there is enough.
  mutating func take(_ event: GenerationEvent) -> [AnswerEvent] {
    let events = builder.take(event)
    for case .enough in events { _ = engine.cancel(id: id) }
    return events
  }

  /// Runs to the end and gives the answer in one piece.
  consuming func whole(
    _ wire: inout some AnswerWire
  ) async throws -> (body: JSON, summary: AnswerSummary) {
    for await event in events {
      for event in take(event) {
        switch event {
        case .progress, .enough: break
        case .delta(let delta, _): wire.fold(delta)
        case .finished(let summary): return (wire.whole(summary), summary)
        case .failed(let reason): throw APIError.serverFailure(reason)
        }
      }
    }
    throw CancellationError()
  }
}
