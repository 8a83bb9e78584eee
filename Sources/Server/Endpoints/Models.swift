import Foundation
import Hummingbird
import JSON

extension Endpoint {
  /// The served model, as a list of one.
  static let models = Endpoint(
    .get, "/v1/models", "/models",
    api: APIDescription("The served model, as a list of one.", answer: AnswerSchemas.models)
  ) { _, _, server in
    .json(["object": "list", "data": [server.modelCard]])
  }

  /// One model by its id.
  static let model = Endpoint(
    .get, "/v1/models/**", "/models/**",
    api: APIDescription("One model by its id.", answer: AnswerSchemas.model)
  ) { _, context, server in
    let path = context.parameters.getCatchAll().joined(separator: "/")
    // A slash in an id may come as %2F.
    let name = path.removingPercentEncoding ?? path
    guard name.utf8.elementsEqual(server.configuration.modelID.utf8) else {
      throw APIError(
        .notFound,
        "There is no model '\(name.prefix(200))'; this server serves '\(server.configuration.modelID)'.",
        parameter: "model", code: "model_not_found")
    }
    return .json(server.modelCard)
  }
}

extension ServerState {
  fileprivate var modelCard: JSON {
    [
      "id": .string(configuration.modelID), "object": "model", "created": .integer(started),
      "owned_by": "mlx",
    ]
  }
}
