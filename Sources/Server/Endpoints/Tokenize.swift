import Hummingbird
import JSON
import Tokenizers

extension Endpoint {
  /// A text or a conversation as tokens, in the words of llama.cpp (`content`) and of vLLM (`prompt`
  /// or `messages`).
  static let tokenize = Endpoint(
    .post, "/tokenize", "/v1/tokenize",
    api: APIDescription(
      "A text or a conversation as tokens.", body: TokenizeRequest.schema,
      answer: AnswerSchemas.tokens)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let asked = try TokenizeRequest(body, model: model)
    let tokenizer = model.chat.tokenizer
    let spelt = asked.tokens.map { JSON.string(LogprobWriter.text(of: $0, tokenizer)) }
    let pieces: [JSON] = zip(asked.tokens, spelt).map { id, piece in
      asked.wantsPieces ? ["id": .integer(Int(id)), "piece": piece] : .integer(Int(id))
    }
    return .json([
      "tokens": .array(pieces), "count": .integer(asked.tokens.count),
      "max_model_len": .integer(model.engine.configuration.contextSize),
      "token_strs": asked.wantsStrings ? .array(spelt) : .null,
    ])
  }

  /// Tokens as a text.
  static let detokenize = Endpoint(
    .post, "/detokenize", "/v1/detokenize",
    api: APIDescription(
      "Tokens as a text.",
      body: Schema.object(
        ["model": Schema.string, "tokens": Schema.array(Schema.integer(0))], required: ["tokens"]),
      answer: AnswerSchemas.text)
  ) { request, context, server in
    var request = request
    let fields = try Fields(body: await server.body(of: &request, context))
    let model = try server.slot.ready()
    try fields.refuseUnknown(known: ["model", "tokens"])
    _ = try fields["model"].string()
    let tokens = try TokenIDs.read(fields["tokens"], vocabulary: model.traits.vocabulary)
    let text = JSON.string(model.chat.tokenizer.decode(tokens, skipSpecialTokens: false))
    return .json(["content": text, "prompt": text])
  }

  /// The text that the model is given for a chat request.
  static let applyTemplate = Endpoint(
    .post, "/apply-template", "/v1/apply-template",
    api: APIDescription(
      "The text that the model is given for a chat request.", body: ChatFields.schema,
      answer: AnswerSchemas.prompt)
  ) { request, context, server in
    var request = request
    let body = try await server.body(of: &request, context)
    let model = try server.slot.ready()
    let chat = try ChatRequest(body, traits: model.traits)
    return .json(["prompt": .string(try model.prompt(for: chat.conversation).text)])
  }
}

/// What to tokenise, and how to show it.
private struct TokenizeRequest {
  let tokens: [Int32]
  let wantsPieces: Bool
  let wantsStrings: Bool

  private static let members: KeyValuePairs<String, JSON> = [
    "model": Schema.string, "content": Schema.string, "prompt": Schema.string,
    "messages": Schema.array(Schema.anyObject, atLeast: 1), "add_special": Schema.boolean,
    "add_special_tokens": Schema.boolean, "parse_special": Schema.boolean,
    "with_pieces": Schema.boolean, "return_token_strs": Schema.boolean,
  ]

  static let schema = Schema.object(members)

  init(_ body: JSON, model: ServedModel) throws {
    let fields = try Fields(body: body)
    try fields.refuseUnknown(known: Self.members.map(\.key))
    _ = try fields["model"].string()
    wantsPieces = try fields["with_pieces"].bool() ?? false
    wantsStrings = try fields["return_token_strs"].bool() ?? false
    if fields["messages"].isPresent {
      let messages = try ChatMessages.read(fields["messages"])
      tokens = try model.prompt(
        for: Conversation(messages: messages, sampling: model.traits.sampling)
      ).ids
      return
    }
    let content = try fields["content"].string()
    guard let text = try content ?? fields["prompt"].string() else {
      throw APIError.invalid(
        "content", "Send 'content', 'prompt' or 'messages'.", code: "missing_required_parameter")
    }
    // llama.cpp adds none unless asked, vLLM does.
    let addsSpecial =
      try fields["add_special"].bool() ?? fields["add_special_tokens"].bool() ?? (content == nil)
    let parses = try fields["parse_special"].bool() ?? true
    tokens = model.chat.tokenizer.encode(
      text, addSpecialTokens: addsSpecial, literal: parses ? [] : [0..<text.utf8.count])
  }
}
