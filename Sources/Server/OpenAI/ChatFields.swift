import JSON

/// What the server does with one field of a chat request. Nothing is ignored without saying so.
enum FieldPolicy: Sendable {
  /// Read by `ChatRequest`.
  case honoured
  /// A label, or a hint that changes no answer: checked for its type, then left alone.
  case harmless(@Sendable (Field) throws(APIError) -> Void)
  /// Accepted where it asks for what happens anyway, refused with the reason otherwise.
  case only([JSON], reason: String)
  /// Refused, with the reason.
  case refused(String)
}

/// Every field of a chat request that this server knows.
enum ChatFields {
  private static let text: @Sendable (Field) throws(APIError) -> Void = { field throws(APIError) in
    _ = try field.string()
  }
  private static let object: @Sendable (Field) throws(APIError) -> Void = {
    field throws(APIError) in _ = try field.object()
  }
  private static let flag: @Sendable (Field) throws(APIError) -> Void = { field throws(APIError) in
    _ = try field.bool()
  }
  private static let grammar = "constrained decoding isn't available on this server."

  static let table: [(name: String, policy: FieldPolicy)] = [
    // OpenAI's own.
    ("messages", .honoured),
    ("model", .honoured),
    ("temperature", .honoured),
    ("top_p", .honoured),
    ("seed", .honoured),
    ("presence_penalty", .honoured),
    ("frequency_penalty", .honoured),
    ("max_tokens", .honoured),
    ("max_completion_tokens", .honoured),
    ("stop", .honoured),
    ("logit_bias", .honoured),
    ("logprobs", .honoured),
    ("top_logprobs", .honoured),
    ("stream", .honoured),
    ("stream_options", .honoured),
    ("tools", .honoured),
    ("tool_choice", .honoured),
    ("parallel_tool_calls", .honoured),
    ("reasoning_effort", .honoured),
    ("response_format", .honoured),
    ("n", .only([1], reason: "one answer is made for each request; send it again for another.")),
    ("store", .only([false], reason: "this server keeps no answers.")),
    ("service_tier", .only(["auto", "default"], reason: "there is one service tier, 'default'.")),
    ("modalities", .only([["text"]], reason: "this server answers in text.")),
    ("verbosity", .only(["medium"], reason: "the model has no such control; say it in a message.")),
    ("user", .harmless(text)),
    ("safety_identifier", .harmless(text)),
    ("metadata", .harmless(object)),
    ("prompt_cache_key", .harmless(text)),
    ("prompt_cache_retention", .harmless(text)),
    ("prompt_cache_options", .harmless(object)),
    ("prediction", .harmless(object)),
    ("audio", .refused("this server answers in text.")),
    ("function_call", .refused("use 'tool_choice'.")),
    ("functions", .refused("use 'tools'.")),
    ("moderation", .refused("this server has no moderation model.")),
    ("web_search_options", .refused("this server can't search the web.")),
    // What other servers added.
    ("top_k", .honoured),
    ("min_p", .honoured),
    ("typical_p", .honoured),
    ("repetition_penalty", .honoured),
    ("repeat_penalty", .honoured),
    ("repetition_context_size", .honoured),
    ("repeat_last_n", .honoured),
    ("n_predict", .honoured),
    ("min_tokens", .honoured),
    ("ignore_eos", .honoured),
    ("stop_token_ids", .honoured),
    ("chat_template_kwargs", .honoured),
    ("cache_prompt", .only([true], reason: "prompts are always cached; that changes no answer.")),
    ("add_generation_prompt", .only([true], reason: "an answer always starts a new message.")),
    ("best_of", .only([1], reason: "one answer is made for each request.")),
    ("echo", .only([false], reason: "a chat answer doesn't repeat its prompt.")),
    ("grammar", .refused(grammar)),
    ("guided_json", .refused(grammar)),
    ("guided_regex", .refused(grammar)),
    ("guided_choice", .refused(grammar)),
    ("guided_grammar", .refused(grammar)),
    ("json_schema", .refused(grammar)),
    ("structured_outputs", .refused(grammar)),
    ("chat_template", .refused("the model's own template is used.")),
    ("documents", .refused("put the documents into a message.")),
    ("adapters", .refused("this server serves no adapters.")),
    ("draft_model", .refused("this server uses no draft model.")),
  ]

  /// Refuses what isn't known or can't be done; afterwards only `honoured` fields matter.
  static func check(
    _ fields: Fields, _ table: [(name: String, policy: FieldPolicy)] = table
  ) throws(APIError) {
    for (name, value) in fields.object {
      let field = Field(fields.pathOf(name), value)
      guard field.isPresent else { continue }
      guard let entry = table.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
        throw fields.unknown(name, known: table.map(\.name))
      }
      switch entry.policy {
      case .honoured: break
      case .harmless(let check): try check(field)
      case .only(let values, let reason):
        if !values.contains(value) { throw .unsupportedValue(name, reason) }
      case .refused(let reason): throw .unsupported(name, reason)
      }
    }
  }
}
