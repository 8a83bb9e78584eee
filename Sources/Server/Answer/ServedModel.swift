import Chat
import JSON
import Runtime

/// The model that the server answers with: its text side and its engine.
public final class ServedModel: Sendable {
  public let chat: ChatModel
  public let engine: Engine
  /// What computes: "compiled native, fast, 2 threads".
  public let backend: String
  let traits: ModelTraits
  /// The model directory's tokenizer_config.json.
  let tokenizerConfiguration: JSONObject
  /// Names model, backend and version on every answer: same fingerprint and seed, same answer.
  let fingerprint: String
  let metrics = AnswerMetrics()
  let constraints: AnswerConstraints
  /// What the server takes beside its engine.
  public let memory: ServerMemory

  /// - Parameters:
  ///   - generationConfiguration, tokenizerConfiguration: the model directory's
  ///     generation_config.json and tokenizer_config.json.
  ///   - constrainsCalls: whether calls that are allowed, but not demanded, are kept to their
  ///     tools' schemas.
  ///   - memory: what may be kept of requests.
  public init(
    chat: ChatModel, engine: Engine, vocabulary: Int, backend: String,
    generationConfiguration: JSONObject?, tokenizerConfiguration: JSONObject? = nil,
    fingerprint: String, constrainsCalls: Bool = true, memory: ServerMemory = ServerMemory()
  ) {
    self.chat = chat
    self.engine = engine
    self.backend = backend
    self.fingerprint = fingerprint
    self.memory = memory
    self.tokenizerConfiguration = tokenizerConfiguration ?? JSONObject()
    constraints = AnswerConstraints(
      chat: chat, tokens: vocabulary, constrainsCalls: constrainsCalls, memory: memory)
    traits = ModelTraits(
      sampling: SamplingParameters(modelDefaults: generationConfiguration ?? JSONObject()),
      vocabulary: vocabulary,
      tokensContaining: TokenSearch(chat.tokenizer, vocabulary: vocabulary).tokens)
    startOffPool { [constraints] in constraints.prepare() }
  }
}

extension ServedModel {
  /// Renders and tokenises the conversation and hands it to the engine, which refuses it or begins.
  ///
  /// - Parameters:
  ///   - whole: the id of the request, where this answers a part of it.
  ///   - client: see `ServerContext`.
  func begin(
    _ conversation: Conversation, as part: AnswerPart, of whole: String?, client: String
  ) throws -> Answer {
    let conversation = try adapted(conversation)
    let prompt = try rendered(conversation)
    var generation = GenerationRequest(id: part.id, prompt: prompt.ids)
    generation.whole = whole
    generation.client = client
    generation.sampling = conversation.sampling
    generation.limit(by: conversation.limits, endOfSequence: chat.stopTokens)
    generation.constraint = try constraint(for: conversation, prompt: prompt)
    try start(generation, part)
    return Answer(
      id: part.id, engine: engine, builder: builder(for: conversation, prompt: prompt),
      metrics: metrics)
  }

  private func constraint(
    for conversation: Conversation, prompt: ChatPrompt
  ) throws -> (any TokenConstraint)? {
    let answer = try constraints.constraint(for: conversation, prompt: prompt)
    guard let budget = conversation.thinkingBudget, let frame = chat.thinkingFrame else {
      return answer
    }
    return ThinkingBudget(
      budget, frame: frame, isThinking: chat.isThinking(after: prompt), tokenizer: chat.tokenizer,
      answer: answer)
  }

  /// The tokens that the model is given for a conversation.
  func prompt(for conversation: Conversation) throws -> ChatPrompt {
    try rendered(adapted(conversation))
  }

  /// The conversation with what depends on the model filled in, or refused where this one can't do
  /// it.
  private func adapted(_ conversation: Conversation) throws(APIError) -> Conversation {
    if !conversation.tools.definitions.isEmpty, !chat.capabilities.tools {
      throw .unsupported("tools", "this model's chat template has no place for them.")
    }
    return try withThinking(conversation)
  }

  private func rendered(_ conversation: Conversation) throws -> ChatPrompt {
    do {
      return try chat.prompt(
        messages: conversation.messages, tools: conversation.tools.templateValue,
        variables: conversation.templateVariables)
    } catch {
      throw APIError.invalid(
        "messages", "The model's chat template refuses these messages: \(error)",
        code: "invalid_messages")
    }
  }

  /// - Parameter field: where the prompt stood in the request.
  func start(_ generation: GenerationRequest, _ part: AnswerPart, field: String = "messages")
    throws(APIError)
  {
    do {
      let handle = try engine.generate(generation, send: part.feed.sink(for: part.choice))
      part.feed.whenOver { handle.cancel() }
    } catch {
      switch error {
      case .promptTooLong(let tokens, let contextSize):
        throw .contextLengthExceeded(tokens: tokens, contextSize: contextSize, field: field)
      case .queueFull(let wait):
        throw .queueFull(retryAfter: max(1, Int(wait.components.seconds)))
      case .shuttingDown: throw .shuttingDown
      case .invalidRequest(let reason), .invalidConfiguration(let reason):
        throw APIError(.badRequest, reason)
      }
    }
  }

  private func builder(for conversation: Conversation, prompt: ChatPrompt) -> AnswerBuilder {
    AnswerBuilder(
      decoder: chat.makeDecoder(),
      parser: chat.makeOutputParser(
        tools: conversation.tools.templateValue, prompt: prompt, stop: conversation.stop),
      logprobs: conversation.sampling.topLogprobs.map { _ in
        LogprobWriter(tokenizer: chat.tokenizer)
      },
      parallelToolCalls: conversation.tools.parallel, stops: conversation.stop,
      minimumTokens: conversation.limits.minimumTokens,
      places: MessagePlaces(
        messages: conversation.messages, tools: conversation.tools.definitions, prompt: prompt,
        tokenizer: chat.tokenizer),
      promptTokens: prompt.ids.count)
  }
}

extension ChatTools {
  fileprivate var templateValue: [JSON]? { definitions.isEmpty ? nil : definitions }
}
