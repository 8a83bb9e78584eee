import Hummingbird
import JSON

extension Endpoint {
  /// Whether the model is ready; what a launcher or a load balancer asks.
  static let health = Endpoint(
    .get, "/health", isPublic: true,
    api: APIDescription(
      "Whether the model is ready; 503 while it loads.", answer: AnswerSchemas.health)
  ) { _, _, server in
    switch server.slot.state {
    case .loading: .json(["status": "loading"], status: .serviceUnavailable)
    case .ready: .json(["status": "ok"])
    }
  }
}
