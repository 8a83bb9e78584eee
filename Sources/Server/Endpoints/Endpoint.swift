import HTTPTypes
import Hummingbird

/// One thing that clients can ask of the server.
struct Endpoint: Sendable {
  typealias Handler = @Sendable (Request, ServerContext, ServerState) async throws -> Response

  let method: HTTPRequest.Method
  /// The documented path, then others that clients use. `{id}` stands for one part
  /// of a path, `**` for the rest of it.
  let paths: [String]
  /// Served without an API key.
  let isPublic: Bool
  let errors: ErrorShape
  /// What /openapi.json says of it.
  let api: APIDescription
  let handler: Handler

  init(
    _ method: HTTPRequest.Method, _ paths: String..., isPublic: Bool = false,
    errors: ErrorShape = .openAI, api: APIDescription, handler: @escaping Handler
  ) {
    self.method = method
    self.paths = paths
    self.isPublic = isPublic
    self.errors = errors
    self.api = api
    self.handler = handler
  }

  /// All of them. A new one is a file in this folder and a line here.
  static let all: [Endpoint] =
    [
      chatCompletions, completions, models, model, tokenize, detokenize, tokenizerInfo,
      applyTemplate, messages, countTokens, responses, countInputTokens, storedResponse,
      deleteResponse, cancelResponse, responseInput, cancel, health, properties, metrics, openAPI,
    ] + page

  /// Whether this is what lies at `path`, whatever the method.
  func serves(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    return paths.contains { pattern in
      let pattern = pattern.split(separator: "/")
      guard pattern.last == "**" else {
        return pattern.count == parts.count
          && zip(pattern, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
      }
      return parts.count >= pattern.count && parts.starts(with: pattern.dropLast())
    }
  }
}
