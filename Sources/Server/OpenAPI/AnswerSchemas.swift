import JSON

/// The schemas of what endpoints answer.
enum AnswerSchemas {
  static let error = Schema.answer([
    "error": Schema.answer([
      "message": Schema.string, "type": Schema.string, "param": nullable(Schema.string),
      "code": nullable(Schema.string),
    ])
  ])

  private static func nullable(_ schema: JSON) -> JSON { Schema.any(schema, ["type": "null"]) }

  private static let count = Schema.integer(0)

  private static let usage = Schema.answer([
    "prompt_tokens": count, "completion_tokens": count, "total_tokens": count,
    "prompt_tokens_details": Schema.answer(["cached_tokens": count]),
    "completion_tokens_details": Schema.answer(["reasoning_tokens": count]),
  ])

  private static let timings = Schema.answer([
    "cache_n": count, "prompt_n": count, "prompt_ms": Schema.number,
    "prompt_per_second": Schema.number, "predicted_n": count, "predicted_ms": Schema.number,
    "predicted_per_second": Schema.number,
  ])

  private static func completion(_ object: String, choice: JSON) -> JSON {
    Schema.answer([
      "id": Schema.string, "object": Schema.choice([.string(object)]), "created": count,
      "model": Schema.string, "system_fingerprint": Schema.string,
      "choices": Schema.array(choice, atLeast: 1), "usage": usage, "timings": timings,
    ])
  }

  static let chatCompletion = completion(
    "chat.completion",
    choice: Schema.answer([
      "index": count,
      "message": Schema.answer([
        "role": Schema.choice(["assistant"]), "content": nullable(Schema.string),
        "refusal": ["type": "null"],
      ]),
      "logprobs": nullable(Schema.anyObject),
      "finish_reason": Schema.choice(["stop", "length", "tool_calls"]),
    ]))

  static let completion = completion(
    "text_completion",
    choice: Schema.answer([
      "text": Schema.string, "index": count, "logprobs": nullable(Schema.anyObject),
      "finish_reason": Schema.choice(["stop", "length"]),
    ]))

  static let model = Schema.answer([
    "id": Schema.string, "object": Schema.choice(["model"]), "created": count,
    "owned_by": Schema.string,
  ])

  static let models = Schema.answer([
    "object": Schema.choice(["list"]), "data": Schema.array(model),
  ])

  static let cancel = Schema.answer([
    "status": Schema.choice(["cancelled", "no_active_generation"]), "cancelled_count": count,
  ])

  static let health = Schema.answer(["status": Schema.choice(["ok"])])

  static let tokens = Schema.answer([
    "tokens": Schema.array(Schema.any(count, Schema.anyObject)), "count": count,
    "max_model_len": count,
  ])

  static let text = Schema.answer(["content": Schema.string, "prompt": Schema.string])

  static let tokenizer = Schema.answer([
    "tokenizer_class": nullable(Schema.string), "vocab_size": count, "model_max_length": count,
    "bos_token": nullable(Schema.string), "eos_token": nullable(Schema.string),
    "pad_token": nullable(Schema.string), "unk_token": nullable(Schema.string),
    "chat_template": Schema.string,
  ])

  static let prompt = Schema.answer(["prompt": Schema.string])
}
