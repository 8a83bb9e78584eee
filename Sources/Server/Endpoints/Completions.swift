import Hummingbird

extension Endpoint {
  /// Continuations of texts, streamed or whole.
  static let completions = Endpoint(
    .post, "/v1/completions", "/completions",
    api: APIDescription(
      "Continuations of texts.", body: CompletionFields.schema,
      answer: AnswerSchemas.completion, streams: true)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let id = server.configuration.makeID("cmpl-")
    let client = context.client
    let (asked, choices) = try await offPool {
      let asked = try CompletionRequest(body, model: model)
      return (asked, try model.begin(asked, id: id, client: client))
    }
    let head = CompletionWire.Head(
      id: id, created: server.configuration.now(),
      model: asked.model ?? server.configuration.modelID, fingerprint: model.fingerprint,
      usage: asked.delivery.usage, wantsLogprobs: asked.logprobs != nil)
    let wire = CompletionWire(head, echoes: echoes(asked, model))
    let response = AnswerResponse(choices, wire, server: server, logger: context.logger)
    return asked.delivery.stream
      ? response.stream(to: context) : try await response.whole(to: context)
  }

  /// What each choice begins with.
  private static func echoes(_ request: CompletionRequest, _ model: ServedModel)
    -> [CompletionWire.Echo?]
  {
    request.prompts.flatMap { prompt -> [CompletionWire.Echo?] in
      let first = prompt.tokens.first.flatMap { model.chat.tokenizer.bytes(of: $0) } ?? []
      let echo = CompletionWire.Echo(text: prompt.text, firstToken: .init(bytes: first))
      return Array(repeating: request.echoes ? echo : nil, count: request.choices)
    }
  }
}
