import JSON
import Runtime

/// A request of the Anthropic API, checked: what is asked of the model, and how the answer is sent.
struct MessagesRequest: Sendable {
  /// The name the client used; any will do, since one model is served, and the answer repeats it.
  var model: String?
  var conversation: Conversation
  var stream = false
  var thinking = ThinkingDisplay.shown
}

/// What becomes of the model's thinking.
enum ThinkingDisplay: Sendable {
  case shown
  /// Blocks of thinking come without their text.
  case omitted
  /// No blocks at all.
  case hidden
}

extension MessagesRequest {
  /// The request for an answer.
  init(_ body: JSON, traits: ModelTraits) throws(APIError) {
    let fields = try Self.fields(body, MessagesFields.answer)
    try self.init(prompt: fields, sampling: SamplingFields.read(fields, traits: traits))
    let limit = fields["max_tokens"]
    conversation.limits.maximumTokens = try limit.required(limit.integer(in: 1...(.max)))
    conversation.stop = try StopStrings.read(fields["stop_sequences"])
    stream = try fields["stream"].bool() ?? false
  }

  /// The request for the number of tokens of a prompt.
  init(counting body: JSON, traits: ModelTraits) throws(APIError) {
    let fields = try Self.fields(body, MessagesFields.prompt)
    try self.init(prompt: fields, sampling: traits.sampling)
  }

  private init(prompt fields: Fields, sampling: SamplingParameters) throws(APIError) {
    model = try fields["model"].string()
    conversation = Conversation(
      messages: try MessagesReader.read(fields), tools: try MessagesTools.read(fields),
      sampling: sampling)
    conversation.reasoningIsHint = true
    try readThinking(fields["thinking"])
    try readOutput(fields["output_config"])
  }

  private static func fields(_ body: JSON, _ table: FieldTable) throws(APIError) -> Fields {
    guard case .object(let members) = body else {
      throw APIError(.badRequest, "The body must be a JSON object, not \(body.kind).")
    }
    let fields = Fields(path: "", object: members)
    try table.check(fields)
    return fields
  }
}

// MARK: - Thinking and the form of the answer

extension MessagesRequest {
  private mutating func readThinking(_ field: Field) throws(APIError) {
    guard let fields = try field.object() else { return }
    let type = fields["type"]
    switch try type.required(type.choice(of: ["enabled", "adaptive", "disabled"])) {
    case "enabled":
      try fields.refuseUnknown(known: ["type", "budget_tokens", "display"])
      let budget = fields["budget_tokens"]
      conversation.reasoningEffort = Self.effort(
        budget: try budget.required(budget.integer(in: 1...(.max))))
    case "adaptive":
      try fields.refuseUnknown(known: ["type", "display"])
    default:
      try fields.refuseUnknown(known: ["type"])
      conversation.reasoningEffort = "none"
      thinking = .hidden
    }
    if try fields["display"].choice(of: ["summarized", "omitted"]) == "omitted" {
      thinking = .omitted
    }
  }

  /// The effort that a budget of tokens stands for.
  private static func effort(budget: Int) -> String {
    switch budget {
    case ..<4096: "low"
    case ..<16384: "medium"
    default: "high"
    }
  }

  private mutating func readOutput(_ field: Field) throws(APIError) {
    guard let fields = try field.object() else { return }
    try fields.refuseUnknown(known: ["effort", "format"])
    let efforts = ["low", "medium", "high", "xhigh", "max"]
    if let effort = try fields["effort"].choice(of: efforts), thinking != .hidden {
      conversation.reasoningEffort = effort
    }
    conversation.form = try AnswerForm.flat(fields["format"], types: ["json_schema"])
  }
}
