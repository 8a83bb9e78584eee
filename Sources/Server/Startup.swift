import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization

/// A value that comes once, and those who wait for it.
final class Promise<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var waiting: [AsyncStream<Value>.Continuation] = []
  }

  private let state = Mutex(State())

  func fulfil(_ value: Value) {
    let waiting = state.withLock { state in
      state.value = value
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { deliver(value, to: continuation) }
  }

  /// The value, or nil when the waiting task is cancelled first.
  func value() async -> Value? {
    let (stream, continuation) = AsyncStream<Value>.makeStream()
    let value = state.withLock { state in
      if state.value == nil { state.waiting.append(continuation) }
      return state.value
    }
    if let value { deliver(value, to: continuation) }
    return await stream.first { _ in true }
  }

  private func deliver(_ value: Value, to continuation: AsyncStream<Value>.Continuation) {
    continuation.yield(value)
    continuation.finish()
  }
}

/// Loads the model once the socket is bound, and then only waits; fails where loading fails.
struct Loader: Service {
  let slot: ModelSlot
  let bound: Promise<Int>
  let load: @Sendable () throws -> ServedModel
  let onReady: @Sendable (Int, ServedModel) -> Void

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      guard let port = await bound.value(), let result = await loadOnThread().value() else {
        return
      }
      let model = try result.get()
      slot.fill(model)
      onReady(port, model)
    }
    try await gracefulShutdown()
  }

  /// Loading blocks for seconds, which the cooperative pool can't afford.
  private func loadOnThread() -> Promise<Result<ServedModel, any Error>> {
    let promise = Promise<Result<ServedModel, any Error>>()
    let thread = Thread { promise.fulfil(Result { try load() }) }
    thread.name = "load"
    thread.stackSize = 16 << 20
    thread.start()
    return promise
  }
}

/// The IPv6 half of `localhost`, on the port that IPv4 got. A machine without IPv6 does without.
struct SecondListener: Service {
  let bound: Promise<Int>
  let responder: RouterResponder<BasicRequestContext>
  let logger: Logger

  func run() async throws {
    guard let port = await cancelWhenGracefulShutdown({ await bound.value() }) else { return }
    let listener = Listener(host: "::1", port: port, responder: responder, logger: logger) { _ in }
    do {
      try await listener.run()
    } catch let error as ServeError {
      logger.info("not on [::1]: \(error)")
    }
    try? await gracefulShutdown()
  }
}

/// Runs the listener; when the time to finish is over, ends the answers that still run, so that
/// their streams end as streams should.
struct Drain: Service {
  let slot: ModelSlot
  let grace: Duration
  let listener: Listener

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await listener.run()
    } onGracefulShutdown: { [slot, grace] in
      Task {
        try? await Task.sleep(for: grace)
        if case .ready(let model) = slot.state { _ = model.engine.cancelAll() }
      }
    }
  }
}
