import JSON

/// The schemas of what the Responses and Anthropic APIs answer.
extension AnswerSchemas {
  private static let tokenCount = Schema.integer(0)

  static let response = Schema.answer([
    "id": Schema.string, "object": Schema.choice(["response"]),
    "status": Schema.choice(["in_progress", "completed", "incomplete", "failed", "cancelled"]),
  ])

  static let deleted = Schema.answer([
    "id": Schema.string, "object": Schema.choice(["response"]), "deleted": Schema.boolean,
  ])

  static let items = Schema.answer([
    "object": Schema.choice(["list"]), "data": Schema.array(Schema.anyObject),
    "first_id": Schema.string, "last_id": Schema.string, "has_more": Schema.boolean,
  ])

  static let inputTokens = Schema.answer(["input_tokens": tokenCount])

  static let message = Schema.answer([
    "id": Schema.string, "type": Schema.choice(["message"]),
    "role": Schema.choice(["assistant"]), "model": Schema.string,
    "content": Schema.array(Schema.anyObject),
    "usage": Schema.answer(["input_tokens": tokenCount, "output_tokens": tokenCount]),
  ])
}

extension ResponseFields {
  static let schema = table.schema(
    required: ["input"],
    special: [
      "input": Schema.any(Schema.string, Schema.array(Schema.anyObject, atLeast: 1)),
      "instructions": Schema.string,
      "previous_response_id": Schema.string,
      "max_output_tokens": Schema.integer(1),
      "include": Schema.array(
        Schema.choice(["message.output_text.logprobs", "reasoning.encrypted_content"])),
      "tools": Schema.array(Schema.anyObject, atMost: ChatTools.most),
      "reasoning": Schema.object([
        "effort": Schema.choice(Conversation.reasoningEfforts.map(JSON.string)),
        "summary": Schema.choice(["auto"]), "generate_summary": Schema.choice(["auto"]),
      ]),
      "text": Schema.object([
        "format": ["type": "object", "required": ["type"]],
        "verbosity": Schema.choice(["medium"]),
      ]),
      "store": Schema.boolean,
      "stream_options": Schema.object(["include_obfuscation": Schema.choice([false])]),
      "max_tool_calls": Schema.integer(1),
    ])
}

extension MessagesFields {
  private static let content = Schema.any(
    Schema.string, Schema.array(["type": "object", "required": ["type"]]))

  private static let special: [String: JSON] = [
    "messages": Schema.array(
      Schema.object(
        ["role": Schema.choice(["user", "assistant", "system"]), "content": content],
        required: ["role", "content"]), atLeast: 1, atMost: ChatMessages.most),
    "system": content,
    "tools": Schema.array(["type": "object", "required": ["name"]], atMost: ChatTools.most),
    "tool_choice": [
      "type": "object", "required": ["type"],
      "properties": ["type": Schema.choice(["auto", "any", "tool", "none"])],
    ],
    "thinking": [
      "type": "object", "required": ["type"],
      "properties": ["type": Schema.choice(["enabled", "adaptive", "disabled"])],
    ],
    "output_config": Schema.anyObject,
    "context_management": Schema.anyObject,
    "cache_control": Schema.anyObject,
    "user_profile_id": Schema.string,
    "workspace_id": Schema.string,
    "max_tokens": Schema.integer(1),
    "stop_sequences": FieldSchemas.table["stop"] ?? Schema.anyObject,
    "diagnostics": Schema.anyObject,
  ]

  static let answerSchema = answer.schema(
    required: ["messages", "max_tokens"], special: special)

  static let promptSchema = prompt.schema(required: ["messages"], special: special)
}
