import Hummingbird

extension Endpoint {
  /// The model's answer to a conversation, streamed or whole.
  static let chatCompletions = Endpoint(
    .post, "/v1/chat/completions", "/chat/completions"
  ) { request, _, server in
    var request = request
    let body = try await server.body(of: &request)
    let model = try server.slot.ready()
    let chat = try ChatRequest(body, traits: model.traits)
    let configuration = server.configuration
    let answer = try model.begin(chat.conversation, id: configuration.makeID("chatcmpl-"))
    let writer = ChatWriter(
      id: answer.id, created: configuration.now(), model: chat.model ?? configuration.modelID,
      fingerprint: model.fingerprint, usage: chat.delivery.usage)
    let response = AnswerResponse(answer, ChatWire(writer), server: server)
    return chat.delivery.stream
      ? response.stream(to: request) : try await response.whole(to: request)
  }
}
