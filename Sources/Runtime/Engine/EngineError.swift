import Foundation

/// Why the engine doesn't take a request, or can't be made.
public enum EngineError: Error, Equatable, Sendable {
  case promptTooLong(tokens: Int, contextSize: Int)
  case queueFull(retryAfter: Duration)
  case shuttingDown
  /// The request can't be run as it is: which field, and why.
  case invalidRequest(String)
  /// The engine can't be made as configured: which setting, and what would do.
  case invalidConfiguration(String)
}

extension EngineError: LocalizedError, CustomStringConvertible {
  public var errorDescription: String? { description }

  public var description: String {
    switch self {
    case .promptTooLong(let tokens, let contextSize):
      "the prompt has \(tokens) tokens, and with one more to generate that is over the context"
        + " size of \(contextSize)"
    case .queueFull(let retryAfter):
      "too many requests are waiting; try again in \(retryAfter.components.seconds) s"
    case .shuttingDown:
      "the server is shutting down"
    case .invalidRequest(let reason), .invalidConfiguration(let reason):
      reason
    }
  }
}
