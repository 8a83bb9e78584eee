import JSON
import Runtime

/// A request of the Responses API, checked: what is asked of the model, how the answer is sent, and
/// whether it is kept.
struct ResponseRequest: Sendable {
  /// The name the client used; any will do, since one model is served, and the answer repeats it.
  var model: String?
  var conversation: Conversation
  /// The items that the answer will follow: those of earlier responses, then the request's own.
  var context: ResponseContext
  var stream = false
  var isStored = true
  /// What the response repeats of the request.
  var echo: ResponseEcho
}

/// The items of a conversation, as far as it has come.
struct ResponseContext: Sendable {
  /// Items of the responses before this one.
  var earlier: [JSON] = []
  /// The request's own.
  var input: [JSON] = []
}

extension ResponseRequest {
  init(_ body: JSON, traits: ModelTraits, store: ResponseStore) throws(APIError) {
    guard case .object(let members) = body else {
      throw APIError(.badRequest, "The body must be a JSON object, not \(body.kind).")
    }
    let fields = Fields(path: "", object: members)
    try ResponseFields.table.check(fields)
    model = try fields["model"].string()
    context = ResponseContext(
      earlier: try Self.earlier(fields["previous_response_id"], store),
      input: try ResponseItems.normalized(fields["input"]))
    let instructions = try fields["instructions"].string()
    conversation = Conversation(
      messages: try ResponseItems.messages(
        instructions: instructions, earlier: context.earlier, input: fields["input"], store: store),
      tools: try ResponseTools.read(fields),
      templateVariables: try ChatRequest.variables(fields["chat_template_kwargs"]),
      reasoningEffort: try Self.effort(fields["reasoning"]),
      sampling: try Self.sampling(fields, traits),
      stop: try StopStrings.read(fields["stop"]))
    let limit = try fields["max_output_tokens"].integer(in: 1...(.max))
    conversation.limits.maximumTokens = limit
    conversation.form = try Self.form(fields["text"])
    stream = try Self.stream(fields)
    isStored = try fields["store"].bool() ?? true
    echo = ResponseEcho(fields, sampling: conversation.sampling, tools: conversation.tools)
    try ResponseEcho.checkMetadata(fields["metadata"])
  }

  private static func earlier(_ field: Field, _ store: ResponseStore) throws(APIError) -> [JSON] {
    guard let id = try field.string() else { return [] }
    guard let items = store.conversation(endingWith: id) else {
      throw .invalid(
        field.path,
        """
        There is no response '\(id.prefix(80))' here: it wasn't stored, it failed, or newer ones \
        took its place. Send its items as 'input'.
        """, code: "previous_response_not_found")
    }
    return items
  }

  private static func effort(_ field: Field) throws(APIError) -> String? {
    guard let reasoning = try field.object() else { return nil }
    try reasoning.refuseUnknown(known: ["effort", "summary", "generate_summary"])
    for name in ["summary", "generate_summary"] {
      // What the model thinks comes in full.
      guard try reasoning[name].choice(of: ["auto", "concise", "detailed"]) ?? "auto" == "auto"
      else {
        throw .unsupportedValue(
          reasoning.pathOf(name), "reasoning comes in full, not summarised; send 'auto'.")
      }
    }
    return try reasoning["effort"].choice(of: Conversation.reasoningEfforts)
  }

  private static let logprobs = "message.output_text.logprobs"
  /// Includes that ask for what a response of this server never holds.
  private static let idleIncludes = ["reasoning.encrypted_content"]

  /// Sampling, with the log-probabilities asked for in the way of this API.
  private static func sampling(_ fields: Fields, _ traits: ModelTraits) throws(APIError)
    -> SamplingParameters
  {
    var sampling = try SamplingFields.read(fields, traits: traits)
    sampling.topLogprobs = try fields["top_logprobs"].integer(in: 0...20)
    for include in try fields["include"].array() ?? [] {
      let name = try include.required(include.string())
      if name == logprobs {
        sampling.topLogprobs = sampling.topLogprobs ?? 0
      } else if !idleIncludes.contains(name) {
        throw .unsupportedValue(
          include.path, "a response of this server has no '\(name.prefix(80))'.")
      }
    }
    return sampling
  }

  /// The form that `text` gives the answer.
  private static func form(_ field: Field) throws(APIError) -> AnswerForm? {
    guard let text = try field.object() else { return nil }
    try text.refuseUnknown(known: ["format", "verbosity"])
    guard try text["verbosity"].string() ?? "medium" == "medium" else {
      throw .unsupportedValue(
        text.pathOf("verbosity"), "the model has no such control; say it in a message.")
    }
    return try AnswerForm.flat(text["format"], types: ["text", "json_object", "json_schema"])
  }

  private static func stream(_ fields: Fields) throws(APIError) -> Bool {
    let stream = try fields["stream"].bool() ?? false
    guard let options = try fields["stream_options"].object() else { return stream }
    guard stream else {
      throw fields["stream_options"].refused("is only allowed together with 'stream': true")
    }
    try options.refuseUnknown(known: ["include_obfuscation"])
    if try options["include_obfuscation"].bool() == true {
      throw .unsupportedValue(
        options["include_obfuscation"].path, "this server doesn't pad its events.")
    }
    return stream
  }
}
