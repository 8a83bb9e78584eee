import Hummingbird
import JSON
import Runtime

extension Endpoint {
  /// Ends the running answers, or the one whose id is given.
  static let cancel = Endpoint(
    .post, "/v1/cancel", "/cancel",
    api: APIDescription(
      "Ends the running answers, or the one whose id is given.",
      body: Schema.object(["id": Schema.string]), bodyIsRequired: false,
      answer: AnswerSchemas.cancel)
  ) { request, context, server in
    var request = request
    let id = try CancelRequest(await server.optionalBody(of: &request, context)).id
    let count = try cancel(id, server.slot.ready().engine)
    return .json([
      "status": count > 0 ? "cancelled" : "no_active_generation",
      "cancelled_count": .integer(count),
    ])
  }

  private static func cancel(_ id: String?, _ engine: Engine) -> Int {
    guard let id else { return engine.cancelAll() }
    return engine.cancel(id: id) ? 1 : 0
  }
}

/// The body of a cancel request: nothing, `{}`, or the id of one answer.
private struct CancelRequest {
  let id: String?

  init(_ body: JSON?) throws(APIError) {
    let body = try Field("body", body).object()?.object ?? JSONObject()
    let fields = Fields(path: "", object: body)
    try fields.refuseUnknown(known: ["id"])
    id = try fields["id"].string()
  }
}
