import JSON

/// The schemas of request fields by name: a field means the same wherever it is allowed.
enum FieldSchemas {
  static let table: [String: JSON] = [
    "model": Schema.string,
    "temperature": Schema.number(0, 10),
    "top_p": Schema.number(0, 1),
    "min_p": Schema.number(0, 1),
    "typical_p": Schema.number(0, 1),
    "top_k": Schema.integer(-1),
    "seed": Schema.integer(),
    "presence_penalty": Schema.number(-2, 2),
    "frequency_penalty": Schema.number(-2, 2),
    "repetition_penalty": Schema.number(0.01, 10),
    "repeat_penalty": Schema.number(0.01, 10),
    "repetition_context_size": Schema.integer(-1),
    "repeat_last_n": Schema.integer(-1),
    "xtc_probability": Schema.number(0, 1),
    "xtc_threshold": Schema.number(0, 1),
    "dry_multiplier": Schema.number(0, 100),
    "dry_base": Schema.number(1, 100),
    "dry_allowed_length": Schema.integer(1),
    "dry_penalty_last_n": Schema.integer(-1),
    "dry_sequence_breakers": Schema.array(Schema.string, atMost: 16),
    "max_tokens": Schema.integer(-1),
    "max_completion_tokens": Schema.integer(-1),
    "n_predict": Schema.integer(-1),
    "min_tokens": Schema.integer(0),
    "ignore_eos": Schema.boolean,
    "stop_token_ids": Schema.array(Schema.integer(0)),
    "stop": Schema.any(stopString, Schema.array(stopString, atMost: 16)),
    "logit_bias": ["type": "object", "additionalProperties": Schema.number(-100, 100)],
    "top_logprobs": Schema.integer(0, 20),
    "n": Schema.integer(1, ChoiceCount.most),
    "best_of": Schema.integer(1, ChoiceCount.most),
    "echo": Schema.boolean,
    "stream": Schema.boolean,
    "stream_options": Schema.object([
      "include_usage": Schema.boolean, "continuous_usage_stats": Schema.boolean,
      "include_obfuscation": Schema.choice([false]),
    ]),
    "return_progress": Schema.boolean,
    "prompt": prompt,
    "messages": Schema.array(message, atLeast: 1, atMost: ChatMessages.most),
    "tools": Schema.array(tool, atMost: ToolLimits.most),
    "tool_choice": Schema.any(Schema.choice(["none", "auto", "required"]), Schema.anyObject),
    "parallel_tool_calls": Schema.boolean,
    "reasoning_effort": Schema.choice(Conversation.reasoningEfforts.map(JSON.string)),
    "response_format": ["type": "object", "required": ["type"]],
    "json_schema": schemaOrText,
    "guided_json": schemaOrText,
    "guided_regex": Schema.string,
    "guided_choice": Schema.array(Schema.string, atLeast: 1),
    "guided_grammar": Schema.string,
    "grammar": Schema.string,
    "structured_outputs": Schema.object([
      "json": schemaOrText, "regex": Schema.string,
      "choice": Schema.array(Schema.string, atLeast: 1), "grammar": Schema.string,
      "json_object": Schema.boolean,
    ]),
    "chat_template_kwargs": Schema.anyObject,
    "thinking_token_budget": Schema.integer(-1),
    "thinking_budget": Schema.integer(-1),
    "reasoning_budget": Schema.integer(-1),
    "user": Schema.string,
    "safety_identifier": Schema.string,
    "metadata": Schema.anyObject,
    "prompt_cache_key": Schema.string,
    "prompt_cache_retention": Schema.string,
    "prompt_cache_options": Schema.anyObject,
    "prediction": Schema.anyObject,
  ]

  private static let stopString: JSON = ["type": "string", "minLength": 1, "maxLength": 1000]
  private static let tokens = Schema.array(Schema.integer(0), atLeast: 1)
  private static let prompt = Schema.any(
    Schema.string, tokens, Schema.array(Schema.any(Schema.string, tokens), atLeast: 1))

  private static let schemaOrText = Schema.any(Schema.anyObject, Schema.string)

  private static let textPart = Schema.object(
    ["type": Schema.choice(["text"]), "text": Schema.string], required: ["type", "text"])
  private static let content = Schema.any(Schema.string, Schema.array(textPart))

  private static let message: JSON = [
    "type": "object",
    "properties": [
      "role": Schema.choice(["system", "developer", "user", "assistant", "tool"]),
      "content": Schema.any(content, ["type": "null"]), "name": Schema.string,
      "tool_call_id": Schema.string, "reasoning_content": Schema.string,
      "tool_calls": Schema.array(Schema.anyObject),
    ],
    "required": ["role"],
  ]

  private static let tool = Schema.object(
    [
      "type": Schema.choice(["function"]),
      "function": Schema.object(
        [
          "name": ["type": "string", "pattern": "^[A-Za-z0-9_.:/-]{1,128}$"],
          "description": Schema.string, "parameters": Schema.anyObject, "strict": Schema.boolean,
        ], required: ["name"]),
    ], required: ["type", "function"])
}

extension FieldTable {
  /// The schema of the requests that this table describes.
  ///
  /// - Parameter special: fields that mean something else here than elsewhere.
  func schema(required: [String], special: [String: JSON] = [:]) -> JSON {
    var members = JSONObject()
    for (name, policy) in entries {
      switch policy {
      case .honoured, .harmless:
        members[name] = special[name] ?? FieldSchemas.table[name] ?? .object(JSONObject())
      case .only(let values, _): members[name] = Schema.choice(values)
      case .refused: break
      }
    }
    return Schema.object(members, required: required)
  }
}

extension ChatFields {
  static let schema = table.schema(
    required: ["messages"], special: ["logprobs": Schema.boolean])
}

extension CompletionFields {
  static let schema = table.schema(
    required: ["prompt"], special: ["logprobs": Schema.integer(0, 20)])
}
