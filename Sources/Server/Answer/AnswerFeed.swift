import Runtime
import Synchronization

/// What the engine says of the answers to one request: straight from its thread to the one task
/// that writes them, so that a token wakes nobody else.
///
/// Once nobody listens any more the answers end.
struct AnswerFeed: Sendable {
  /// The engine's events, each with the number of its choice.
  let pulses: AsyncStream<Pulse<(Int, GenerationEvent)>>
  private let state: State

  init(choices: Int) {
    let (pulses, continuation) = AsyncStream<Pulse<(Int, GenerationEvent)>>.makeStream()
    self.pulses = pulses
    state = State(choices, continuation)
    continuation.onTermination = { [state] _ in state.isOver() }
  }

  /// Takes the events of a choice.
  func sink(for choice: Int) -> @Sendable (GenerationEvent) -> Void {
    { [state] in state.take(choice, $0) }
  }

  /// Has something done once this is over, at once if it already is.
  func whenOver(_ act: @escaping @Sendable () -> Void) { state.whenOver(act) }

  /// Ends it, heard or not.
  func end() { state.end() }

  /// Ends it when the client leaves.
  func follow(_ client: ClientPresence) {
    let watch = client.whenLeft { [state] in state.end() }
    whenOver { client.forget(watch) }
  }

  /// Has a `silence` come for every `interval` without an event.
  func pulse(every interval: Duration) {
    let timer = Task { [state] in
      while (try? await Task.sleep(for: interval)) != nil { state.tick() }
    }
    whenOver { timer.cancel() }
  }
}

/// One of the answers to a request as it begins.
struct AnswerPart {
  /// What the engine knows it by.
  let id: String
  /// Its number among the request's answers.
  let choice: Int
  let feed: AnswerFeed
}

/// The engine's side, which doesn't hold the stream: that is gone when its listener is.
private final class State: Sendable {
  private let continuation: AsyncStream<Pulse<(Int, GenerationEvent)>>.Continuation
  /// Choices whose last event hasn't come.
  private let left: Atomic<Int>
  private let isSilent = Atomic(true)
  /// What to do at the end; nil after it.
  private let acts = Mutex<[@Sendable () -> Void]?>([])

  init(
    _ choices: Int, _ continuation: AsyncStream<Pulse<(Int, GenerationEvent)>>.Continuation
  ) {
    left = Atomic(choices)
    self.continuation = continuation
  }

  func take(_ choice: Int, _ event: GenerationEvent) {
    isSilent.store(false, ordering: .relaxed)
    continuation.yield(.element((choice, event)))
    guard event.isLast else { return }
    if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { end() }
  }

  func tick() {
    if isSilent.exchange(true, ordering: .relaxed) { continuation.yield(.silence) }
  }

  func end() { continuation.finish() }

  func whenOver(_ act: @escaping @Sendable () -> Void) {
    let waits = acts.withLock { acts in
      acts?.append(act)
      return acts != nil
    }
    if !waits { act() }
  }

  func isOver() {
    let acts = acts.withLock { acts in
      defer { acts = nil }
      return acts
    }
    for act in acts ?? [] { act() }
  }
}
