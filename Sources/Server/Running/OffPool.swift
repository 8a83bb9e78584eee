import Dispatch

/// Does work that takes its time, such as compiling a grammar or tokenising a long prompt, on a
/// thread that isn't the cooperative pool's: those few carry the streams of all clients.
func offPool<Result: Sendable>(
  _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue.global().async { continuation.resume(with: Swift.Result(catching: work)) }
  }
}
