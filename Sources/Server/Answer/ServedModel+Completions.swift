import Chat
import JSON
import Runtime

extension ServedModel {
  /// Hands every prompt to the engine, as often as continuations are wanted.
  func begin(_ request: CompletionRequest, id: String, client: String) throws -> Choices {
    let count = request.prompts.count * request.choices
    return try begin(count, id: id, perPrompt: request.choices) { part throws(APIError) in
      let prompt = request.prompts[part.choice / request.choices]
      guard !prompt.tokens.isEmpty else {
        throw .invalid("prompt", "'prompt' must have at least one token.")
      }
      var generation = GenerationRequest(id: part.id, prompt: prompt.tokens)
      generation.whole = count == 1 ? nil : id
      generation.client = client
      generation.sampling = request.sampling
      generation.sampling.seed = seed(request.sampling, choice: part.choice % request.choices)
      generation.limit(by: request.limits, endOfSequence: chat.stopTokens)
      if request.echoes { generation.promptLogprobs = request.logprobs }
      try start(generation, part, field: "prompt")
      return Answer(
        id: part.id, engine: engine,
        builder: builder(for: request, promptTokens: prompt.tokens.count), metrics: metrics)
    }
  }

  /// Begins one or more answers to a conversation.
  func begin(
    _ conversation: Conversation, choices count: Int = 1, id: String, client: String
  ) throws -> Choices {
    try begin(count, id: id, perPrompt: count) { part in
      var conversation = conversation
      conversation.sampling.seed = seed(conversation.sampling, choice: part.choice)
      return try begin(conversation, as: part, of: count == 1 ? nil : id, client: client)
    }
  }

  /// Begins all or none.
  private func begin(
    _ count: Int, id: String, perPrompt: Int, _ begin: (AnswerPart) throws -> Answer
  ) throws -> Choices {
    let feed = AnswerFeed(choices: count)
    do {
      let answers = try (0..<count).map { choice in
        try begin(
          AnswerPart(id: count == 1 ? id : "\(id)/\(choice)", choice: choice, feed: feed))
      }
      return Choices(answers, feed: feed, id: id, perPrompt: perPrompt)
    } catch {
      _ = engine.cancel(id: id)
      throw error
    }
  }

  /// Choices differ, and come out the same again.
  private func seed(_ sampling: SamplingParameters, choice: Int) -> UInt64? {
    sampling.seed.map { $0 &+ UInt64(choice) }
  }

  /// Nothing in a continuation is taken for reasoning or calls.
  private func builder(for request: CompletionRequest, promptTokens: Int) -> AnswerBuilder {
    AnswerBuilder(
      decoder: chat.makeDecoder(),
      parser: OutputParser(
        toolFormat: nil, reasoning: nil, tools: nil, prompt: "", stop: request.stop),
      logprobs: request.logprobs.map { _ in LogprobWriter(tokenizer: chat.tokenizer) },
      parallelToolCalls: true, stops: request.stop, minimumTokens: request.limits.minimumTokens,
      promptTokens: promptTokens)
  }
}

extension GenerationRequest {
  mutating func limit(by limits: AnswerLimits, endOfSequence: Set<Int32>) {
    maximumTokens = limits.maximumTokens
    minimumTokens = limits.minimumTokens
    ignoreEndOfSequence = limits.ignoreEndOfSequence
    stopTokens = limits.stopTokens
    endOfSequenceTokens = endOfSequence
  }
}
