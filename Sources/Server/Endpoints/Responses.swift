import Hummingbird
import JSON

extension Endpoint {
  /// The Responses API: the model's answer to a list of items, streamed or whole.
  static let responses = Endpoint(
    .post, "/v1/responses", "/responses",
    api: APIDescription(
      "The model's answer to a list of items.", body: ResponseFields.schema,
      answer: AnswerSchemas.response, streams: true)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let asked = try ResponseRequest(body, traits: model.traits, store: server.responses)
    let id = server.configuration.makeID("resp_")
    let client = context.client
    let answer = try await offPool {
      try namingItems { try model.begin(asked.conversation, id: id, client: client) }
    }
    let wire = ResponseWire(
      id: answer.id, request: asked, configuration: server.configuration,
      store: server.responses)
    wire.announce()
    let response = AnswerResponse(answer, wire, server: server, logger: context.logger)
    return asked.stream ? response.stream(to: context) : try await response.whole(to: context)
  }

  /// How many tokens the prompt of such a request has.
  static let countInputTokens = Endpoint(
    .post, "/v1/responses/input_tokens",
    api: APIDescription(
      "How many tokens a list of items takes.", body: ResponseFields.schema,
      answer: AnswerSchemas.inputTokens)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let asked = try ResponseRequest(body, traits: model.traits, store: server.responses)
    let prompt = try namingItems { try model.prompt(for: asked.conversation) }
    return .json([
      "object": "response.input_tokens", "input_tokens": .integer(prompt.ids.count),
    ])
  }

  /// The model's refusals name fields of chat completions; here they have other names.
  private static func namingItems<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as APIError {
      let names = ["messages": "input", "reasoning_effort": "reasoning.effort"]
      throw error.parameter.flatMap { names[$0] }.map(error.naming) ?? error
    }
  }
}

extension APIError {
  /// The same refusal, of a field by another name.
  fileprivate func naming(_ parameter: String) -> APIError {
    APIError(
      status, message, type: type, parameter: parameter, code: code, retryAfter: retryAfter)
  }
}
