import HTTPTypes
import Hummingbird

/// Lets a request pass that carries one of the keys, or asks for something public.
struct APIKeys: RouterMiddleware {
  typealias Context = ServerContext

  private let keys: [[UInt8]]
  private let endpoints: [Endpoint]

  init(_ keys: [String], endpoints: [Endpoint]) {
    self.keys = keys.map { Array($0.utf8) }
    self.endpoints = endpoints
  }

  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let isPublic = endpoints.contains { $0.isPublic && $0.serves(request.uri.path) }
    let key = number(of: Self.key(request.headers))
    guard keys.isEmpty || isPublic || key != nil else {
      let shape = endpoints.errorShape(of: request.uri.path)
      var response = Response.error(.unauthorized, in: shape)
      response.headers[.wwwAuthenticate] = "Bearer"
      return response
    }
    var context = context
    if keys.count > 1, let key { context.client = "key \(key)" }
    return try await next(request, context)
  }

  /// The key that a request carries: as a bearer token, or in the header of Anthropic's clients.
  private static func key(_ headers: HTTPFields) -> Substring? {
    guard let authorization = headers[.authorization],
      authorization.prefix(7).lowercased() == "bearer "
    else { return HTTPField.Name("x-api-key").flatMap { headers[$0] }.map { $0[...] } }
    return authorization.dropFirst(7)
  }

  /// Which of the keys it is, counted from 0; nil if none.
  private func number(of key: Substring?) -> Int? {
    guard let key else { return nil }
    let candidate = Array(key.utf8)
    // Every key is compared to its end, so that time tells nothing of how much was right.
    return keys.map { Self.isEqual(candidate, $0) }.firstIndex(of: true)
  }

  private static func isEqual(_ candidate: [UInt8], _ key: [UInt8]) -> Bool {
    guard !key.isEmpty else { return false }
    var difference = candidate.count ^ key.count
    for (index, byte) in candidate.enumerated() {
      difference |= Int(byte ^ key[index % key.count])
    }
    return difference == 0
  }
}
