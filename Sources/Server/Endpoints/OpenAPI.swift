import HTTPTypes
import Hummingbird
import JSON
import ModelFiles

extension Endpoint {
  /// The description of all endpoints, made from what the router itself uses.
  static let openAPI = Endpoint(
    .get, "/openapi.json", isPublic: true,
    api: APIDescription("This description.", answer: Schema.anyObject)
  ) { _, _, server in
    .json(document(of: all, needsKey: !server.configuration.apiKeys.isEmpty))
  }

  private static func document(of endpoints: [Endpoint], needsKey: Bool) -> JSON {
    var paths = JSONObject()
    for endpoint in endpoints {
      guard let path = endpoint.paths.first else { continue }
      let name = path.replacing("**", with: "{id}")
      var methods = paths[name]?.object ?? JSONObject()
      methods[endpoint.method.rawValue.lowercased()] = endpoint.operation(
        path: name, needsKey: needsKey)
      paths[name] = .object(methods)
    }
    return [
      "openapi": "3.1.0",
      "info": ["title": "mlx-server", "version": .string(generatorVersion)],
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["key": ["type": "http", "scheme": "bearer"]],
        "schemas": ["Error": AnswerSchemas.error],
      ],
    ]
  }

  /// This endpoint in the words of OpenAPI.
  private func operation(path: String, needsKey: Bool) -> JSON {
    var operation = JSONObject([(key: "summary", value: .string(api.summary))])
    if path.contains("{id}") {
      operation["parameters"] = [
        ["name": "id", "in": "path", "required": true, "schema": Schema.string]
      ]
    }
    if let body = api.body {
      operation["requestBody"] = [
        "required": .bool(api.bodyIsRequired), "content": ["application/json": ["schema": body]],
      ]
    }
    operation["responses"] = responses
    if needsKey, !isPublic { operation["security"] = [["key": []]] }
    return .object(operation)
  }

  private var responses: JSON {
    var content = JSONObject()
    if let answer = api.answer { content["application/json"] = ["schema": answer] }
    // Readers of descriptions differ on whether a schema here is of the whole stream or of an event.
    if api.streams {
      content["text/event-stream"] = ["schema": ["description": "Server-sent events."]]
    }
    if content.isEmpty { content[api.mediaType] = ["schema": Schema.string] }
    let refusal: JSON =
      errors == .openAI ? ["$ref": "#/components/schemas/Error"] : Schema.anyObject
    return [
      "200": ["description": "The answer.", "content": .object(content)],
      "default": [
        "description": "A refusal.", "content": ["application/json": ["schema": refusal]],
      ],
    ]
  }
}
