import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded

@testable import Server

/// Asks a server's responder without a socket.
struct RouterClient: Sendable {
  let responder: RouterResponder<ServerContext>
  let logger: Logger

  /// Sends a request and waits for the end of its answer.
  ///
  /// - Parameter body: arrives in pieces of 32 KiB.
  func execute(
    uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:], body: ByteBuffer? = nil
  ) async throws -> TestResponse {
    var headers = headers
    if let body { headers[.contentLength] = String(body.readableBytes) }
    let (pieces, source) = AsyncStream.makeStream(of: ByteBuffer.self)
    var rest = body ?? ByteBuffer()
    while let piece = rest.readSlice(length: min(32 << 10, rest.readableBytes)),
      piece.readableBytes > 0
    {
      source.yield(piece)
    }
    source.finish()
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: "http", authority: "localhost", path: uri, headerFields: headers),
      body: RequestBody(asyncSequence: pieces))
    let context = ServerContext(
      source: ApplicationRequestContextSource(channel: NIOAsyncTestingChannel(), logger: logger))
    let response = try await responder.respond(to: request, context: context)
    let written = Written()
    try await response.body.write(written)
    return TestResponse(
      status: response.status, headers: response.headers, body: written.bytes.withLockedValue { $0 }
    )
  }

  /// Collects a body that is written piece by piece.
  private struct Written: ResponseBodyWriter {
    let bytes = NIOLockedValueBox(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws {
      bytes.withLockedValue { _ = $0.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailers: HTTPFields?) async throws {}
  }
}

/// A whole answer.
struct TestResponse: Sendable {
  let status: HTTPResponse.Status
  let headers: HTTPFields
  let body: ByteBuffer
}
