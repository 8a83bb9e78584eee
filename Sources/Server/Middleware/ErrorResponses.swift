import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import NIOHTTP1

extension Response {
  /// A JSON body in one piece.
  static func json(_ value: JSON, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: value.text())))
  }

  static func error(_ error: APIError, in shape: ErrorShape) -> Response {
    var response = Response.json(shape.body(error), status: error.status)
    if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
    return response
  }
}

/// Turns every failure into a response in the API's error shape, 404 and 405 included.
struct ErrorResponses: RouterMiddleware {
  typealias Context = ServerContext

  let endpoints: [Endpoint]
  let bodyLimit: Int

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPParserError {
      // Bytes that aren't HTTP: the server itself ends such a connection.
      throw error
    } catch let error as HTTPError where error.status == .notFound {
      return unrouted(request)
    } catch {
      let shape = endpoints.errorShape(of: request.uri.path)
      return .error(refusal(error, request, context), in: shape)
    }
  }

  private func refusal(_ error: any Error, _ request: Request, _ context: Context) -> APIError {
    switch error {
    case let error as APIError: return error
    case is CancellationError:
      // Either the client left, and nobody reads this, or the time to finish ran out.
      return .shuttingDown
    case let error as HTTPError:
      return APIError(error.status, error.body ?? error.status.reasonPhrase)
    default:
      context.logger.error("\(request.method) \(request.uri.path): \(error)")
      return .serverFailure("The server failed at this request: \(error)")
    }
  }

  /// A path that nobody serves, or one that is served under another method.
  private func unrouted(_ request: Request) -> Response {
    let path = request.uri.path
    let methods = endpoints.filter { $0.serves(path) }.map(\.method.rawValue)
    guard !methods.isEmpty else {
      let paths = endpoints.compactMap(\.paths.first).joined(separator: ", ")
      return .error(
        APIError(
          .notFound, "There is nothing at \(path.prefix(200)); this server has \(paths).",
          code: "unknown_url"), in: .openAI)
    }
    let allowed = methods.joined(separator: ", ")
    var response = Response.error(
      APIError(
        .methodNotAllowed, "\(path) takes \(allowed), not \(request.method).",
        code: "method_not_allowed"), in: endpoints.errorShape(of: path))
    response.headers[.allow] = allowed
    return response
  }
}
