import Hummingbird
import Synchronization

/// The memory that the bodies of requests may take, all of them together: many slow clients with
/// large bodies must not add up, nor many requests that wait for their turn.
final class BodyBudget: Sendable {
  let limit: Int
  private let used = Mutex(0)

  init(limit: Int = ServerMemory().bodies) {
    self.limit = limit
  }

  var usedBytes: Int { used.withLock { $0 } }

  /// What one request has of it, for as long as somebody refers to this.
  final class Share: Sendable {
    private struct Taken {
      var bytes = 0
      var budget: BodyBudget?
      /// What is needed once the prompt is made; nil for all.
      var answering: Int?
    }

    private let taken = Mutex(Taken())

    init() {}

    deinit {
      let taken = taken.withLock { $0 }
      taken.budget?.give(taken.bytes)
    }

    /// Takes a body's bytes, or refuses the request.
    func take(_ bytes: Int, of budget: BodyBudget) throws(APIError) {
      try budget.take(bytes, besides: taken.withLock { $0.bytes })
      taken.withLock {
        $0.bytes += bytes
        $0.budget = budget
      }
    }

    /// Takes what a request costs beside its body.
    func take(_ cost: RequestCost, of budget: BodyBudget) throws(APIError) {
      try take(cost.preparing, of: budget)
      taken.withLock { $0.answering = cost.answering }
    }

    /// The prompt is made, and what that took is free again.
    func endPreparing() {
      give(taken.withLock { taken in taken.answering.map { max(0, taken.bytes - $0) } ?? 0 })
    }

    fileprivate func give(_ bytes: Int) {
      let budget = taken.withLock { taken in
        taken.bytes -= bytes
        return taken.budget
      }
      budget?.give(bytes)
    }
  }

  /// Collects a body of at most `size` bytes, and hands it to `use`, within the budget. The request
  /// keeps its link to the connection, but not the body.
  ///
  /// - Parameter share: has the body's bytes until `use` is done.
  func withBody<Value: Sendable>(
    of request: inout Request, upTo size: Int, share: Share, _ use: (ByteBuffer) throws -> Value
  ) async throws -> Value {
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard announced <= size else { throw APIError.bodyTooLarge(limit: size) }
    var body = ByteBuffer()
    defer { share.give(body.readableBytes) }
    for try await piece in request.body {
      guard body.readableBytes + piece.readableBytes <= size else {
        throw APIError.bodyTooLarge(limit: size)
      }
      try share.take(piece.readableBytes, of: self)
      body.writeImmutableBuffer(piece)
    }
    request.body = RequestBody(buffer: ByteBuffer())
    return try use(body)
  }

  /// - Parameter own: what the same request has already.
  private func take(_ bytes: Int, besides own: Int) throws(APIError) {
    let fits = used.withLock { used in
      guard used + bytes <= limit else { return false }
      used += bytes
      return true
    }
    if fits { return }
    // What never fits isn't to be tried again.
    guard own + bytes <= limit else { throw .bodyTakesTooMuch(own + bytes, limit: limit) }
    throw APIError(
      .serviceUnavailable, "Too many large requests are here at once; try again.",
      type: "server_error", code: "bodies_too_large", retryAfter: 2)
  }

  private func give(_ bytes: Int) { used.withLock { $0 -= bytes } }
}
