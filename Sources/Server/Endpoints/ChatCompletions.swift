import Hummingbird

extension Endpoint {
  /// The model's answer to a conversation, streamed or whole.
  static let chatCompletions = Endpoint(
    .post, "/v1/chat/completions", "/chat/completions",
    api: APIDescription(
      "The model's answer to a conversation.", body: ChatFields.schema,
      answer: AnswerSchemas.chatCompletion, streams: true)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let chat = try ChatRequest(body, traits: model.traits)
    let configuration = server.configuration
    let id = configuration.makeID("chatcmpl-")
    let client = context.client
    let choices = try await offPool {
      try model.begin(chat.conversation, choices: chat.choices, id: id, client: client)
    }
    let writer = ChatWriter(
      id: id, created: configuration.now(), model: chat.model ?? configuration.modelID,
      fingerprint: model.fingerprint, usage: chat.delivery.usage)
    let wire = ChatWire(writer, choices: chat.choices, showsProgress: chat.showsProgress)
    let response = AnswerResponse(choices, wire, server: server, logger: context.logger)
    return chat.delivery.stream
      ? response.stream(to: context) : try await response.whole(to: context)
  }
}
