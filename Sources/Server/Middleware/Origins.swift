import Foundation
import HTTPTypes
import Hummingbird
import JSON

/// Which web pages may use the server from a browser.
///
/// A page that someone merely visits could otherwise have this machine work for it: a browser lets
/// any page send simple requests to any address, and only hides the answers.
public struct OriginPolicy: Sendable {
  /// Origins named by whoever runs the server, as `https://chat.example.com`; `*` for all.
  public var allowed: [String]
  /// A name in the Host header proves nothing there: any name can be made to lead to loopback.
  public var isLoopbackOnly: Bool

  public init(allowed: [String] = [], isLoopbackOnly: Bool = true) {
    self.allowed = allowed
    self.isLoopbackOnly = isLoopbackOnly
  }

  /// Pages of this machine, pages that were named, and pages of the very host that they call.
  func allows(_ origin: String, host: String?) -> Bool {
    if allowed.contains("*") || allowed.contains(where: { $0.lowercased() == origin.lowercased() })
    {
      return true
    }
    guard let components = URLComponents(string: origin), let name = components.host?.lowercased()
    else { return false }
    if Self.isLoopback(name) { return true }
    guard !isLoopbackOnly || Self.isAddress(name), let host else { return false }
    let own = components.port.map { "\(name):\($0)" } ?? name
    return own == host.lowercased()
  }

  /// Whether `text` is what browsers send as an origin, or `*` for all of them. Pages that were
  /// opened as files are `null`.
  public static func isOrigin(_ text: String) -> Bool {
    if text == "*" || text == "null" { return true }
    guard let parts = URLComponents(string: text), parts.scheme != nil,
      let host = parts.host, !host.isEmpty
    else { return false }
    return parts.path.isEmpty && parts.query == nil && parts.fragment == nil && parts.user == nil
  }

  private static func isLoopback(_ name: String) -> Bool {
    ["localhost", "127.0.0.1", "[::1]", "::1"].contains(name) || name.hasSuffix(".localhost")
  }

  private static func isAddress(_ name: String) -> Bool {
    name.hasPrefix("[") || name.allSatisfy { $0.isNumber || $0 == "." }
  }
}

/// Lets pages of allowed origins read the answers, answers their browsers' questions beforehand,
/// and sends other pages away.
struct Origins: RouterMiddleware {
  typealias Context = ServerContext

  let policy: OriginPolicy
  let endpoints: [Endpoint]

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let origin = request.headers[.origin] else { return try await next(request, context) }
    guard policy.allows(origin, host: request.head.authority) else {
      return .error(
        APIError(
          .forbidden,
          "Pages of \(origin.prefix(200)) may not use this server; start it with --cors-origin to "
            + "allow them.",
          code: "origin_not_allowed"), in: endpoints.errorShape(of: request.uri.path))
    }
    let isPreflight =
      request.method == .options && request.headers[.accessControlRequestMethod] != nil
    var response =
      isPreflight ? Self.preflight(request.headers) : try await next(request, context)
    response.headers[.accessControlAllowOrigin] = origin
    response.headers[.accessControlExposeHeaders] = "x-request-id, retry-after"
    response.headers[.vary] = "origin"
    return response
  }

  private static func preflight(_ asked: HTTPFields) -> Response {
    var headers: HTTPFields = [
      .accessControlAllowMethods: "GET, POST, DELETE, OPTIONS", .accessControlMaxAge: "600",
    ]
    headers[.accessControlAllowHeaders] = asked[.accessControlRequestHeaders]
    if let name = HTTPField.Name("access-control-request-private-network"),
      let answer = HTTPField.Name("access-control-allow-private-network"),
      asked[name] == "true"
    {
      headers[answer] = "true"
    }
    return Response(status: .noContent, headers: headers)
  }
}
