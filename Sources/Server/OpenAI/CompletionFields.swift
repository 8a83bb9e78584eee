import JSON

/// Every field of a completion request that this server knows.
enum CompletionFields {
  static let table = FieldTable([
    // OpenAI's own.
    ("prompt", .honoured),
    ("model", .honoured),
    ("best_of", .honoured),
    ("echo", .honoured),
    ("frequency_penalty", .honoured),
    ("logit_bias", .honoured),
    ("logprobs", .honoured),
    ("max_tokens", .honoured),
    ("n", .honoured),
    ("presence_penalty", .honoured),
    ("seed", .honoured),
    ("stop", .honoured),
    ("stream", .honoured),
    ("stream_options", .honoured),
    ("suffix", .refused("this server doesn't fill in the middle.")),
    ("temperature", .honoured),
    ("top_p", .honoured),
    ("user", .harmless(FieldTable.text)),
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
    ("add_special_tokens", .only([true], reason: "text is continued as the tokenizer begins it.")),
    ("cache_prompt", .only([true], reason: "prompts are always cached; that changes no answer.")),
  ]).adding(SamplerFields.table)
}
