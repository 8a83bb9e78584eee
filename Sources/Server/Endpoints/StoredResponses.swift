import Foundation
import Hummingbird
import JSON

extension Endpoint {
  /// A response that was made before.
  static let storedResponse = Endpoint(
    .get, "/v1/responses/{id}",
    api: APIDescription("A response that was made before.", answer: AnswerSchemas.response)
  ) { request, context, server in
    if request.uri.queryParameters["stream"] == "true" {
      throw APIError.unsupportedValue("stream", "a response that is over can't be streamed again.")
    }
    return .json(try server.storedResponse(context.responseID))
  }

  /// Forgets a response.
  static let deleteResponse = Endpoint(
    .delete, "/v1/responses/{id}",
    api: APIDescription("Forgets a response.", answer: AnswerSchemas.deleted)
  ) { _, context, server in
    let id = try context.responseID
    guard server.responses.remove(id) else { throw APIError.noResponse(id) }
    return .json(["id": .string(id), "object": "response", "deleted": true])
  }

  /// Ends a response that is being made. What was said until then can be fetched.
  static let cancelResponse = Endpoint(
    .post, "/v1/responses/{id}/cancel",
    api: APIDescription("Ends a response that is being made.", answer: AnswerSchemas.response)
  ) { _, context, server in
    let id = try context.responseID
    let wasRunning = try server.slot.ready().engine.cancel(id: id)
    guard wasRunning else {
      _ = try server.storedResponse(id)
      throw APIError.invalid(
        "response_id", "Response '\(id)' has ended already; only a running one can be cancelled.",
        code: "response_not_running")
    }
    var response =
      server.responses.response(id)?.object
      ?? JSONObject([
        (key: "id", value: .string(id)), (key: "object", value: "response"),
      ])
    response["status"] = "cancelled"
    return .json(.object(response))
  }

  /// The items that a response was given.
  static let responseInput = Endpoint(
    .get, "/v1/responses/{id}/input_items",
    api: APIDescription("The items that a response was given.", answer: AnswerSchemas.items)
  ) { request, context, server in
    let id = try context.responseID
    guard let items = server.responses.input(of: id) else { throw APIError.noResponse(id) }
    return .json(try ItemPage(request).list(items, of: id))
  }
}

extension ServerState {
  fileprivate func storedResponse(_ id: String) throws(APIError) -> JSON {
    guard let response = responses.response(id) else { throw .noResponse(id) }
    return response
  }
}

extension ServerContext {
  fileprivate var responseID: String {
    get throws(APIError) {
      guard let id = parameters.get("id"), id.utf8.count <= 200 else {
        throw .noResponse(String((parameters.get("id") ?? "").prefix(40)))
      }
      return id.removingPercentEncoding ?? id
    }
  }
}

extension APIError {
  fileprivate static func noResponse(_ id: String) -> APIError {
    APIError(
      .notFound,
      "There is no response '\(id)' here: it wasn't stored, or newer ones took its place.",
      parameter: "response_id", code: "response_not_found")
  }
}

/// The part of a list of items that a client asks for.
private struct ItemPage {
  private var limit = 20
  private var isAscending = false
  private var after: String?

  init(_ request: Request) throws(APIError) {
    let query = request.uri.queryParameters
    if let text = query["limit"] {
      guard let number = Int(text), (1...100).contains(number) else {
        throw .invalid("limit", "'limit' must be an integer between 1 and 100.")
      }
      limit = number
    }
    if let order = query["order"] {
      guard order == "asc" || order == "desc" else {
        throw .invalid("order", "'order' must be 'asc' or 'desc'.")
      }
      isAscending = order == "asc"
    }
    after = query["after"].map(String.init)
  }

  func list(_ items: [JSON], of id: String) -> JSON {
    let suffix = id.drop { $0 != "_" }.dropFirst()
    var named = items.enumerated().map { Self.complete($1, id: "item_\(suffix)_\($0)") }
    if !isAscending { named.reverse() }
    let start = named.firstIndex { $0["id"]?.string == after }.map { $0 + 1 } ?? 0
    let page = named[start...].prefix(limit)
    return [
      "object": "list", "data": .array(Array(page)),
      "first_id": page.first?["id"] ?? "", "last_id": page.last?["id"] ?? "",
      "has_more": .bool(start + page.count < named.count),
    ]
  }

  /// An item with the members that clients may leave out when they send it.
  private static func complete(_ item: JSON, id: String) -> JSON {
    guard var members = item.object else { return item }
    members["id"] = members["id"] ?? .string(id)
    members["type"] = members["type"] ?? "message"
    guard members["type"] == "message" else { return .object(members) }
    members["status"] = members["status"] ?? "completed"
    if let text = members["content"]?.string {
      let isAnswer = members["role"] == "assistant"
      members["content"] = [
        isAnswer
          ? ["type": "output_text", "text": .string(text), "annotations": []]
          : ["type": "input_text", "text": .string(text)]
      ]
    }
    return .object(members)
  }
}
