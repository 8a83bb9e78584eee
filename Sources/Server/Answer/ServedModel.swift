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
  /// Names model, backend and version on every answer: same fingerprint and seed, same answer.
  let fingerprint: String

  /// - Parameter generationConfiguration: the model directory's generation_config.json.
  public init(
    chat: ChatModel, engine: Engine, vocabulary: Int, backend: String,
    generationConfiguration: JSONObject?, fingerprint: String
  ) {
    self.chat = chat
    self.engine = engine
    self.backend = backend
    self.fingerprint = fingerprint
    traits = ModelTraits(
      sampling: SamplingParameters(modelDefaults: generationConfiguration ?? JSONObject()),
      vocabulary: vocabulary)
  }
}

extension ServedModel {
  /// Renders and tokenises the request and hands it to the engine, which refuses it or begins.
  func begin(_ request: ChatRequest, id: String, created: Int, modelID: String) throws -> Answer {
    let request = try adapted(request)
    let prompt = try prompt(for: request)
    var generation = GenerationRequest(id: id, prompt: prompt.ids)
    generation.sampling = request.sampling
    generation.maximumTokens = request.limits.maximumTokens
    generation.minimumTokens = request.limits.minimumTokens
    generation.ignoreEndOfSequence = request.limits.ignoreEndOfSequence
    generation.stopTokens = request.limits.stopTokens
    generation.endOfSequenceTokens = chat.stopTokens
    let events = try events(of: generation)
    let writer = ChatWriter(
      id: id, created: created, model: request.model ?? modelID, fingerprint: fingerprint,
      usage: request.delivery.usage)
    return Answer(
      writer: writer, events: events, engine: engine,
      builder: builder(for: request, prompt: prompt))
  }

  /// The request with what depends on the model filled in, or refused where this one can't do it.
  private func adapted(_ request: ChatRequest) throws(APIError) -> ChatRequest {
    if !request.tools.definitions.isEmpty, !chat.capabilities.tools {
      throw .unsupported("tools", "this model's chat template has no place for them.")
    }
    var request = request
    guard let effort = request.reasoningEffort else { return request }
    for (name, value) in try reasoningVariables(effort)
    where request.templateVariables[name] == nil {
      request.templateVariables[name] = value
    }
    return request
  }

  /// What tells the template how much to think.
  private func reasoningVariables(_ effort: String) throws(APIError) -> JSONObject {
    var variables = JSONObject()
    if chat.capabilities.templateVariables.contains("reasoning_effort") {
      variables["reasoning_effort"] = .string(effort)
    }
    if chat.capabilities.reasoningSwitch { variables["enable_thinking"] = .bool(effort != "none") }
    let asksForNothing = effort == "none" && !chat.capabilities.reasoning
    guard !variables.isEmpty || asksForNothing else {
      throw .unsupported("reasoning_effort", "this model's thinking can't be set.")
    }
    return variables
  }

  private func prompt(for request: ChatRequest) throws -> ChatPrompt {
    do {
      return try chat.prompt(
        messages: request.messages, tools: request.tools.templateValue,
        variables: request.templateVariables)
    } catch {
      throw APIError.invalid(
        "messages", "The model's chat template refuses these messages: \(error)",
        code: "invalid_messages")
    }
  }

  private func events(of generation: GenerationRequest) throws(APIError)
    -> AsyncStream<GenerationEvent>
  {
    do {
      return try engine.generate(generation)
    } catch {
      switch error {
      case .promptTooLong(let tokens, let contextSize):
        throw .contextLengthExceeded(tokens: tokens, contextSize: contextSize)
      case .queueFull(let wait):
        throw .queueFull(retryAfter: max(1, Int(wait.components.seconds)))
      case .shuttingDown: throw .shuttingDown
      case .invalidRequest(let reason), .invalidConfiguration(let reason):
        throw APIError(.badRequest, reason)
      }
    }
  }

  private func builder(for request: ChatRequest, prompt: ChatPrompt) -> AnswerBuilder {
    AnswerBuilder(
      decoder: chat.makeDecoder(),
      parser: chat.makeOutputParser(
        tools: request.tools.templateValue, prompt: prompt, stop: request.stop),
      logprobs: request.sampling.topLogprobs.map { _ in LogprobWriter(tokenizer: chat.tokenizer) },
      parallelToolCalls: request.tools.parallel, promptTokens: prompt.ids.count)
  }
}

extension ChatTools {
  fileprivate var templateValue: [JSON]? { definitions.isEmpty ? nil : definitions }
}
