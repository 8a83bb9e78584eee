import Foundation
import ServiceLifecycle

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
