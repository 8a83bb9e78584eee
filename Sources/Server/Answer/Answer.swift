import JSON
import Runtime

/// One answer under way: the engine's events and what is made of them.
struct Answer: Sendable {
  let id: String
  let engine: Engine
  private var builder: AnswerBuilder
  private var watch: AnswerWatch

  init(
    id: String, engine: Engine, builder: AnswerBuilder, metrics: AnswerMetrics
  ) {
    self.id = id
    self.engine = engine
    self.builder = builder
    watch = AnswerWatch(metrics)
  }

  var promptTokens: Int { builder.usage.promptTokens }

  /// What an event of the engine means, with the engine told when there is enough.
  mutating func take(_ event: GenerationEvent) -> [AnswerEvent] {
    watch.see(event)
    let events = builder.take(event)
    for case .enough in events { _ = engine.cancel(id: id) }
    return events
  }
}
