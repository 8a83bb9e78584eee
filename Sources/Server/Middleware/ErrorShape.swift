import HTTPTypes
import Hummingbird
import JSON

/// Whose words an endpoint's refusals are in.
enum ErrorShape: Sendable {
  /// `{"error":{"message","type","param","code"}}`
  case openAI
  /// `{"type":"error","error":{"type","message"},"request_id"}`
  case anthropic

  func body(_ error: APIError) -> JSON {
    switch self {
    case .openAI: error.json
    case .anthropic: error.anthropicJSON
    }
  }
}

extension Sequence<Endpoint> {
  /// The shape that clients of a path expect.
  func errorShape(of path: String) -> ErrorShape {
    first { $0.serves(path) }?.errors ?? .openAI
  }
}
