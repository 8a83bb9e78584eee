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
