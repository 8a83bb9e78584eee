import JSON
import Runtime

/// A chat request, checked: what is asked of the model, and how the answer is sent.
struct ChatRequest: Sendable {
  /// The name the client used; any will do, since one model is served, and the answer repeats it.
  var model: String?
  var conversation: Conversation
  /// Answers to it.
  var choices: Int
  /// Whether a stream tells how much of the prompt is computed.
  var showsProgress: Bool
  var delivery: Delivery
}

/// How an answer is sent.
struct Delivery: Sendable, Equatable {
  /// Where a stream says how many tokens it took.
  enum Usage: Sendable {
    /// On the last chunk: what a client gets that asks for nothing.
    case onLastChunk
    /// In one more chunk without choices, as OpenAI does when asked.
    case inOwnChunk
    /// So far on each chunk, and in one more at the end.
    case continuous
    case none
  }

  var stream = false
  var usage = Usage.onLastChunk
}

extension ChatRequest {
  /// Variables that the server sets itself; a request can't.
  private static let reservedVariables = [
    "messages", "tools", "add_generation_prompt", "bos_token", "eos_token",
  ]

  init(_ body: JSON, traits: ModelTraits) throws(APIError) {
    let fields = try Fields(body: body)
    try ChatFields.table.check(fields)
    model = try fields["model"].string()
    delivery = try Delivery(fields)
    choices = try fields["n"].integer(in: 1...ChoiceCount.most) ?? 1
    showsProgress = try fields["return_progress"].bool() ?? false
    conversation = Conversation(
      messages: try ChatMessages.read(fields["messages"]), tools: try ChatTools(fields),
      templateVariables: try Self.variables(fields["chat_template_kwargs"]),
      reasoningEffort: try fields["reasoning_effort"].choice(of: Conversation.reasoningEfforts),
      sampling: try SamplingFields.read(fields, traits: traits),
      limits: try AnswerLimits(fields, vocabulary: traits.vocabulary),
      stop: try StopStrings.read(fields["stop"]), form: try AnswerForm.read(fields))
    conversation.sampling.topLogprobs = try SamplingFields.chatLogprobs(fields)
  }

  static func variables(_ field: Field) throws(APIError) -> JSONObject {
    guard let variables = try field.object() else { return JSONObject() }
    for name in variables.object.keys where reservedVariables.contains(name) {
      throw variables[name].refused("is set by the server itself")
    }
    return variables.object
  }
}

extension AnswerLimits {
  /// -1 stands for no limit in llama.cpp and LM Studio.
  private static let noLimit = -1

  /// - Parameter atLeast: the smallest limit that makes sense.
  init(_ fields: Fields, vocabulary: Int, atLeast least: Int = 1) throws(APIError) {
    maximumTokens = try Self.maximumTokens(fields, atLeast: least)
    minimumTokens = try fields["min_tokens"].integer(in: 0...(.max)) ?? 0
    if let maximumTokens, minimumTokens > maximumTokens {
      throw fields["min_tokens"].refused("must not exceed the maximum of \(maximumTokens)")
    }
    ignoreEndOfSequence = try fields["ignore_eos"].bool() ?? false
    for token in try fields["stop_token_ids"].array() ?? [] {
      let id = try token.required(token.integer(in: 0...vocabulary - 1))
      stopTokens.insert(Int32(id))
    }
  }

  /// One limit under three names; where two are given they must agree.
  private static func maximumTokens(_ fields: Fields, atLeast least: Int) throws(APIError) -> Int? {
    var found: (name: String, limit: Int)?
    for name in ["max_completion_tokens", "max_tokens", "n_predict"] {
      guard let limit = try fields[name].integer(in: noLimit...(.max)) else { continue }
      if limit != noLimit, limit < least {
        throw fields[name].refused("must be at least \(least), or -1 for no limit")
      }
      if let found, found.limit != limit {
        throw fields[name].refused("contradicts '\(found.name)'; send one of them")
      }
      found = (name, limit)
    }
    return found?.limit == noLimit ? nil : found?.limit
  }
}

extension Delivery {
  init(_ fields: Fields) throws(APIError) {
    stream = try fields["stream"].bool() ?? false
    guard let options = try fields["stream_options"].object() else { return }
    guard stream else {
      throw fields["stream_options"].refused("is only allowed together with 'stream': true")
    }
    let known = ["include_usage", "continuous_usage_stats", "include_obfuscation"]
    try options.refuseUnknown(known: known)
    if try options["include_obfuscation"].bool() == true {
      throw .unsupportedValue(
        options["include_obfuscation"].path, "this server doesn't pad its chunks.")
    }
    let continuous = try options["continuous_usage_stats"].bool() ?? false
    switch try options["include_usage"].bool() {
    case true?: usage = continuous ? .continuous : .inOwnChunk
    case false?: usage = .none
    case nil: usage = continuous ? .continuous : .onLastChunk
    }
  }
}
