import Hummingbird
import Synchronization

/// The memory that request bodies may take while they come in, all of them together: many slow
/// clients with large bodies must not add up.
final class BodyBudget: Sendable {
  private let limit: Int
  private let used = Mutex(0)

  init(limit: Int = 256 << 20) {
    self.limit = limit
  }

  /// Collects a body of at most `size` bytes, and hands it to `use`, within the budget. The request
  /// keeps its link to the connection, but not the body.
  func withBody<Value: Sendable>(
    of request: inout Request, upTo size: Int, _ use: (ByteBuffer) throws -> Value
  ) async throws -> Value {
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard announced <= size else { throw APIError.bodyTooLarge(limit: size) }
    var body = ByteBuffer()
    defer { used.withLock { $0 -= body.readableBytes } }
    for try await piece in request.body {
      guard body.readableBytes + piece.readableBytes <= size else {
        throw APIError.bodyTooLarge(limit: size)
      }
      try take(piece.readableBytes)
      body.writeImmutableBuffer(piece)
    }
    request.body = RequestBody(buffer: ByteBuffer())
    return try use(body)
  }

  private func take(_ bytes: Int) throws(APIError) {
    let fits = used.withLock { used in
      guard used + bytes <= limit else { return false }
      used += bytes
      return true
    }
    guard fits else {
      throw APIError(
        .serviceUnavailable, "Too many large requests are coming in at once; try again.",
        type: "server_error", code: "bodies_too_large", retryAfter: 2)
    }
  }
}
