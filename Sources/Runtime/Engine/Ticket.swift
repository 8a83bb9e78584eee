import Synchronization

/// One request on its way through the engine, as its client and the engine thread both see it.
final class Ticket: Sendable {
  /// Ascending in order of arrival.
  let number: Int
  let request: GenerationRequest
  /// What it takes a place as: the parts of one request are one.
  let place: String
  let arrival = ContinuousClock.now
  private let events: AsyncStream<GenerationEvent>.Continuation
  private let cancelled = Atomic(false)

  init(
    number: Int, request: GenerationRequest, events: AsyncStream<GenerationEvent>.Continuation
  ) {
    self.number = number
    self.request = request
    place = request.whole ?? "#\(number)"
    self.events = events
  }

  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  /// Asks the engine to end this request at its next step.
  func cancel() {
    cancelled.store(true, ordering: .releasing)
  }

  func send(_ event: GenerationEvent) {
    events.yield(event)
  }

  /// Sends the last event.
  func end(with event: GenerationEvent) {
    events.yield(event)
    events.finish()
  }
}
