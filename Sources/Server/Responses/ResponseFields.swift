import JSON

/// Every field of a request of the Responses API that this server knows.
enum ResponseFields {
  static let table = FieldTable([
    ("input", .honoured),
    ("instructions", .honoured),
    ("previous_response_id", .honoured),
    ("model", .honoured),
    ("max_output_tokens", .honoured),
    ("temperature", .honoured),
    ("top_p", .honoured),
    ("top_logprobs", .honoured),
    ("include", .honoured),
    ("tools", .honoured),
    ("tool_choice", .honoured),
    ("parallel_tool_calls", .honoured),
    ("reasoning", .honoured),
    ("text", .honoured),
    ("store", .honoured),
    ("stream", .honoured),
    ("stream_options", .honoured),
    ("metadata", .honoured),
    ("user", .harmless(FieldTable.text)),
    ("safety_identifier", .harmless(FieldTable.text)),
    ("prompt_cache_key", .harmless(FieldTable.text)),
    ("prompt_cache_retention", .harmless(FieldTable.text)),
    ("prompt_cache_options", .harmless(FieldTable.object)),
    // It bounds the calls that a server makes itself, and this one makes none.
    (
      "max_tool_calls",
      .harmless { field throws(APIError) in _ = try field.integer(in: 1...(.max)) }
    ),
    (
      "background",
      .only([false], reason: "an answer is made while its request waits; stream it instead.")
    ),
    ("truncation", .only(["disabled"], reason: "this server leaves conversations as they are.")),
    ("service_tier", .only(["auto", "default"], reason: "there is one service tier, 'default'.")),
    ("conversation", .refused("use 'previous_response_id', or send the whole input.")),
    ("context_management", .refused("this server leaves conversations as they are.")),
    ("prompt", .refused("this server keeps no prompts; send 'instructions' and 'input'.")),
    ("background_options", .refused("answers aren't made in the background.")),
    ("moderation", .refused("this server has no moderation model.")),
    ("access_programs", .refused("this server knows no such programs.")),
    ("image", .refused("this model has no vision.")),
    // What other servers added.
    ("top_k", .honoured),
    ("min_p", .honoured),
    ("typical_p", .honoured),
    ("seed", .honoured),
    ("presence_penalty", .honoured),
    ("frequency_penalty", .honoured),
    ("repetition_penalty", .honoured),
    ("logit_bias", .honoured),
    ("stop", .honoured),
    ("chat_template_kwargs", .honoured),
    ("thinking_token_budget", .honoured),
    ("thinking_budget", .honoured),
    ("reasoning_budget", .honoured),
  ]).adding(SamplerFields.table)
}
