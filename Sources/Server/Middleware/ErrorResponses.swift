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

  static func error(_ error: APIError) -> Response {
    var response = Response.json(error.json, status: error.status)
    if let seconds = error.retryAfter { response.headers[.retryAfter] = String(seconds) }
    return response
  }
}

/// Turns every failure into a response in the API's error shape, 404 and 405 included.
struct ErrorResponses: RouterMiddleware {
  typealias Context = BasicRequestContext

  let endpoints: [Endpoint]
  let bodyLimit: Int

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as APIError {
      return .error(error)
    } catch is NIOTooManyBytesError {
      return .error(.bodyTooLarge(limit: bodyLimit))
    } catch is CancellationError {
      // Either the client left, and nobody reads this, or the time to finish ran out.
      return .error(.shuttingDown)
    } catch let error as HTTPError where error.status == .notFound {
      return unrouted(request)
    } catch let error as HTTPError {
      return .error(APIError(error.status, error.body ?? error.status.reasonPhrase))
    } catch let error as HTTPParserError {
      // Bytes that aren't HTTP: the server itself ends such a connection.
      throw error
    } catch {
      context.logger.error("\(request.method) \(request.uri.path): \(error)")
      return .error(.serverFailure("The server failed at this request: \(error)"))
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
          code: "unknown_url"))
    }
    let allowed = methods.joined(separator: ", ")
    var response = Response.error(
      APIError(
        .methodNotAllowed, "\(path) takes \(allowed), not \(request.method).",
        code: "method_not_allowed"))
    response.headers[.allow] = allowed
    return response
  }
}
