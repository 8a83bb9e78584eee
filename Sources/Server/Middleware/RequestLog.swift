import HTTPTypes
import Hummingbird
import Logging

/// Gives every request a name that its response and its log lines carry, and writes the access log:
/// who asked for what and how it ended, never what was said.
struct RequestLog: RouterMiddleware {
  typealias Context = ServerContext

  let logger: Logger
  let endpoints: [Endpoint]
  let counts: RequestCounts

  /// What a launcher or a load balancer asks every second is no news.
  private static let quietPaths: Set<String> = ["/health", "/metrics"]

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let id = Self.usable(request.headers[.requestID]) ?? "req_" + randomLetters(24)
    var context = context
    context.logger = logger
    // The framework's name of it, and the one that log lines show.
    for key in ["hb.request.id", "request_id"] { context.logger[metadataKey: key] = .string(id) }
    let start = ContinuousClock.now
    var response = try await next(request, context)
    response.headers[.requestID] = id
    let endpoint = endpoints.first { $0.serves(request.uri.path) }?.paths.first
    counts.add(endpoint: endpoint ?? "other", status: response.status.code)
    let time = (ContinuousClock.now - start) / .milliseconds(1)
    // Without the query, which may hold anything.
    let path = request.uri.path.prefix(200)
    context.logger.log(
      level: Self.quietPaths.contains(request.uri.path) ? .debug : .info,
      "\(request.method) \(path) \(response.status.code)",
      metadata: ["ms": .stringConvertible((time * 10).rounded() / 10)])
    return response
  }

  /// A client's own name for its request, if it is one that a log can hold.
  private static func usable(_ id: String?) -> String? {
    guard let id, (1...128).contains(id.utf8.count) else { return nil }
    let isPlain = id.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: ":"):
        true
      default: false
      }
    }
    return isPlain ? id : nil
  }
}

extension HTTPField.Name {
  static let requestID = HTTPField.Name("x-request-id") ?? .server
}
