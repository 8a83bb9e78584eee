import Hummingbird
import JSON

extension Endpoint {
  /// The Anthropic API: the model's answer to a conversation, streamed or whole.
  static let messages = Endpoint(
    .post, "/v1/messages", errors: .anthropic,
    api: APIDescription(
      "The model's answer to a conversation, for clients of the Anthropic API.",
      body: MessagesFields.answerSchema, answer: AnswerSchemas.message, streams: true)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let message = try MessagesRequest(body, traits: model.traits)
    let id = server.configuration.makeID("msg_")
    let client = context.client
    let answer = try await offPool {
      try model.begin(message.conversation, id: id, client: client)
    }
    let wire = MessagesWire(
      id: answer.id, model: message.model ?? server.configuration.modelID,
      promptTokens: answer.promptTokens,
      maximumTokens: message.conversation.limits.maximumTokens, thinking: message.thinking)
    let response = AnswerResponse(answer, wire, server: server, logger: context.logger)
    return message.stream
      ? response.stream(to: context) : try await response.whole(to: context)
  }

  /// How many tokens the prompt of such a request has.
  static let countTokens = Endpoint(
    .post, "/v1/messages/count_tokens", errors: .anthropic,
    api: APIDescription(
      "How many tokens a conversation takes, for clients of the Anthropic API.",
      body: MessagesFields.promptSchema, answer: AnswerSchemas.inputTokens)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let message = try MessagesRequest(counting: body, traits: model.traits)
    let prompt = try model.prompt(for: message.conversation)
    return .json(["input_tokens": .integer(prompt.ids.count)])
  }
}
