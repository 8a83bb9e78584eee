import Synchronization

/// One request on its way through the engine, as its client and the engine thread both see it.
final class Ticket: Sendable {
  /// Ascending in order of arrival.
  let number: Int
  let request: GenerationRequest
  /// What it takes a place as: the parts of one request are one.
  let place: String
  let arrival = ContinuousClock.now
  /// Hands an event to the client, on the engine's thread.
  let send: @Sendable (GenerationEvent) -> Void
  private let cancelled = Atomic(false)

  init(
    number: Int, request: GenerationRequest, send: @escaping @Sendable (GenerationEvent) -> Void
  ) {
    self.number = number
    self.request = request
    place = request.whole ?? "#\(number)"
    self.send = send
  }

  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  /// Asks the engine to end this request at its next step.
  func cancel() {
    cancelled.store(true, ordering: .releasing)
  }
}

/// Ends one request, if it hasn't ended.
public struct GenerationHandle: Sendable {
  let mailbox: Mailbox
  let number: Int

  public func cancel() {
    _ = mailbox.cancel { $0.number == number }
  }
}
