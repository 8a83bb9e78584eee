import JSON
import Runtime
import Testing

@testable import Server

/// What a chat request may say, and how a refusal names what it may not.
struct ChatRequestTests {
  private static let traits = ModelTraits(
    sampling: SamplingParameters(), vocabulary: 100,
    tokensContaining: { ["\n": [1], "b": [1, 2], ":": [3]][$0] ?? [] })

  /// A request with one message and `members` beside it.
  private func read(_ members: String) throws -> ChatRequest {
    let comma = members.isEmpty ? "" : ", "
    return try ChatRequest(
      JSON(parsing: #"{"messages": [{"role": "user", "content": "hi"}]\#(comma)\#(members)}"#),
      traits: Self.traits)
  }

  private func readMessages(_ messages: String) throws -> [JSON] {
    try ChatRequest(JSON(parsing: "{\"messages\": \(messages)}"), traits: Self.traits).conversation
      .messages
  }

  private func refusal(_ members: String) -> APIError? {
    #expect(throws: APIError.self) { try read(members) }
  }

  @Test func `A request of messages alone takes the model's defaults`() throws {
    let request = try read("")
    #expect(request.conversation.sampling == SamplingParameters())
    #expect(request.conversation.limits.maximumTokens == nil)
    #expect(request.delivery == Delivery())
    #expect(
      request.conversation.stop.isEmpty && request.conversation.tools.definitions.isEmpty
        && request.model == nil)
  }

  @Test func `Every sampling field reaches the sampler`() throws {
    let request = try read(
      """
      "temperature": 0, "top_p": 0.5, "top_k": 7, "min_p": 0.1, "typical_p": 0.9, "seed": -1,
      "presence_penalty": 1, "frequency_penalty": -1, "repetition_penalty": 1.1,
      "repetition_context_size": 20, "logit_bias": {"5": -100, "99": 3},
      "logprobs": true, "top_logprobs": 3
      """)
    var expected = SamplingParameters()
    expected.temperature = 0
    expected.topP = 0.5
    expected.topK = 7
    expected.minP = 0.1
    expected.typicalP = 0.9
    expected.seed = .max
    expected.presencePenalty = 1
    expected.frequencyPenalty = -1
    expected.repetitionPenalty = 1.1
    expected.penaltyWindow = 20
    expected.logitBias = [5: -100, 99: 3]
    expected.topLogprobs = 3
    #expect(request.conversation.sampling == expected)
  }

  @Test func `DRY and XTC come in llama.cpp's words, and are off without their own`() throws {
    let sampling = try read(
      """
      "xtc_probability": 0.5, "dry_multiplier": 0.8, "dry_allowed_length": 3,
      "dry_penalty_last_n": 64, "dry_sequence_breakers": ["\\n", "b"]
      """
    ).conversation.sampling
    #expect(sampling.xtc == ExcludeTopChoices(probability: 0.5, threshold: 0.1))
    #expect(
      sampling.dry
        == DryPenalty(multiplier: 0.8, base: 1.75, allowedLength: 3, window: 64, breakers: [1, 2]))
    let off = try read(#""xtc_threshold": 0.2, "dry_base": 2, "dry_penalty_last_n": 0"#)
    #expect(off.conversation.sampling == SamplingParameters())
    for wrong in [
      #""dry_multiplier": 1, "dry_sequence_breakers": ["zz"]"#, #""dry_base": 0.5"#,
      #""dry_sequence_breakers": [""]"#, #""xtc_probability": 2"#, #""dry_allowed_length": 0"#,
    ] {
      #expect(throws: APIError.self, "\(wrong)") { try read(wrong) }
    }
  }

  @Test(arguments: [
    (#""max_tokens": 5"#, 5), (#""max_completion_tokens": 6"#, 6), (#""n_predict": 7"#, 7),
    (#""max_tokens": 8.0"#, 8), (#""max_tokens": 9, "max_completion_tokens": 9"#, 9),
    (#""max_tokens": -1"#, nil), (#""max_tokens": null"#, nil),
  ])
  func `The length limit has three names`(members: String, limit: Int?) throws {
    #expect(try read(members).conversation.limits.maximumTokens == limit)
  }

  @Test func `stop is a string or a list`() throws {
    #expect(try read(#""stop": "a""#).conversation.stop == ["a"])
    #expect(try read(#""stop": ["a", "b\n"]"#).conversation.stop == ["a", "b\n"])
    #expect(try read(#""stop": null"#).conversation.stop.isEmpty)
  }

  @Test func `Fields that change no answer are accepted`() throws {
    _ = try read(
      """
      "user": "u", "store": false, "metadata": {"a": "b"}, "safety_identifier": "s",
      "prompt_cache_key": "k", "service_tier": "auto", "n": 1, "modalities": ["text"],
      "response_format": {"type": "text"}, "prediction": {"type": "content", "content": "x"},
      "verbosity": "medium", "audio": null, "made_up": null
      """)
  }

  @Test(arguments: [
    // (request members, field, code)
    (#""temperature": "hot""#, "temperature", "invalid_type"),
    (#""temperature": true"#, "temperature", "invalid_type"),
    (#""temperature": -0.1"#, "temperature", "invalid_value"),
    (#""temperature": NaN"#, "temperature", "invalid_value"),
    (#""temperature": 1e999"#, "temperature", "invalid_value"),
    (#""top_p": 1.5"#, "top_p", "invalid_value"),
    (#""top_k": 1.5"#, "top_k", "invalid_type"),
    (#""top_k": 1e30"#, "top_k", "invalid_value"),
    (#""seed": 99999999999999999999"#, "seed", "invalid_value"),
    (#""max_tokens": 0"#, "max_tokens", "invalid_value"),
    (#""max_tokens": -2"#, "max_tokens", "invalid_value"),
    (#""max_tokens": [1]"#, "max_tokens", "invalid_type"),
    (#""max_tokens": 1, "max_completion_tokens": 2"#, "max_tokens", "invalid_value"),
    (#""max_tokens": 3, "min_tokens": 4"#, "min_tokens", "invalid_value"),
    (#""presence_penalty": 2.1"#, "presence_penalty", "invalid_value"),
    (#""repetition_penalty": 0"#, "repetition_penalty", "invalid_value"),
    (#""logit_bias": {"100": 1}"#, "logit_bias.100", "invalid_value"),
    (#""logit_bias": {"cat": 1}"#, "logit_bias.cat", "invalid_value"),
    (#""logit_bias": {"1": 101}"#, "logit_bias.1", "invalid_value"),
    (#""top_logprobs": 3"#, "top_logprobs", "invalid_value"),
    (#""logprobs": true, "top_logprobs": 21"#, "top_logprobs", "invalid_value"),
    (#""logprobs": 3"#, "logprobs", "invalid_type"),
    (#""stop": 3"#, "stop", "invalid_type"),
    (#""stop": """#, "stop", "invalid_value"),
    (#""stop": ["a", 1]"#, "stop[1]", "invalid_type"),
    (#""stop": ["a", null]"#, "stop[1]", "missing_required_parameter"),
    (#""stream": "yes""#, "stream", "invalid_type"),
    (#""stream_options": {"include_usage": true}"#, "stream_options", "invalid_value"),
    (
      #""stream": true, "stream_options": {"usage": true}"#, "stream_options.usage",
      "unknown_parameter"
    ),
    (#""stop_token_ids": [100]"#, "stop_token_ids[0]", "invalid_value"),
    (#""n": 0"#, "n", "invalid_value"),
    (#""n": 129"#, "n", "invalid_value"),
    (#""store": true"#, "store", "unsupported_value"),
    (#""service_tier": "flex""#, "service_tier", "unsupported_value"),
    (#""user": 5"#, "user", "invalid_type"),
    (#""audio": {}"#, "audio", "unsupported_parameter"),
    (#""functions": []"#, "functions", "unsupported_parameter"),
    (#""grammar": 1"#, "grammar", "invalid_type"),
    (#""grammar": "x", "guided_regex": "a""#, "grammar", "invalid_value"),
    (#""guided_choice": []"#, "guided_choice", "invalid_value"),
    (#""guided_json": "{""#, "guided_json", "invalid_value"),
    (#""structured_outputs": {"jsn": {}}"#, "structured_outputs.jsn", "unknown_parameter"),
    (
      #""response_format": {"type": "json_schema"}"#, "response_format.json_schema",
      "missing_required_parameter"
    ),
    (
      #""response_format": {"type": "json_schema", "json_schema": {"schema": 1}}"#,
      "response_format.json_schema.schema", "invalid_type"
    ),
    (#""response_format": {"type": "xml"}"#, "response_format.type", "invalid_value"),
    (#""reasoning_effort": "huge""#, "reasoning_effort", "invalid_value"),
    (#""tool_choice": "required""#, "tool_choice", "invalid_value"),
    (#""tool_choice": {"type": "function"}"#, "tool_choice.name", "missing_required_parameter"),
    (
      #""tool_choice": {"type": "function", "function": {"name": "f"}}"#,
      "tool_choice.function.name", "invalid_value"
    ),
    (#""tool_choice": 1"#, "tool_choice", "invalid_type"),
    (#""tools": [{"type": "custom"}]"#, "tools[0].type", "unsupported_value"),
    (#""tools": [{"type": "function"}]"#, "tools[0].function", "missing_required_parameter"),
    (
      #""tools": [{"type": "function", "function": {"name": "a b"}}]"#, "tools[0].function.name",
      "invalid_value"
    ),
    (
      #""tools": [{"type": "function", "function": {"name": "f", "strict": 1}}]"#,
      "tools[0].function.strict", "invalid_type"
    ),
    (
      #""tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]"#,
      "tools[0].function.parameters", "invalid_type"
    ),
    (
      #""chat_template_kwargs": {"messages": []}"#, "chat_template_kwargs.messages",
      "invalid_value"
    ),
    (#""tempurature": 1"#, "tempurature", "unknown_parameter"),
  ])
  func `A field that can't be honoured is refused by name`(
    members: String, field: String, code: String
  ) throws {
    let error = try #require(refusal(members))
    #expect(error.status == .badRequest && error.type == "invalid_request_error")
    #expect(error.parameter == field)
    #expect(error.code == code)
    #expect(error.message.contains(field))
  }

  @Test func `A misspelt field is answered with the one that was meant`() throws {
    for (wrong, right) in [("tempurature", "temperature"), ("max_token", "max_tokens")] {
      let message = try #require(refusal("\"\(wrong)\": 1")).message
      #expect(message.hasSuffix("Did you mean '\(right)'?"))
    }
    #expect(try !#require(refusal(#""xyzzy": 1"#)).message.contains("Did you mean"))
  }

  // MARK: Messages

  @Test func `Text parts become one string, and calls get their arguments as an object`() throws {
    let messages = try readMessages(
      """
      [{"role": "system", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
       {"role": "assistant", "content": null, "refusal": null, "annotations": [], "audio": null,
        "provider_specific_fields": {"refusal": null},
        "tool_calls": [{"id": "c1", "type": "function",
                        "function": {"name": "f", "arguments": "{\\"x\\": 1}"}}]},
       {"role": "tool", "tool_call_id": "c1", "content": "42"}]
      """)
    #expect(
      messages == [
        ["role": "system", "content": "ab"],
        [
          "role": "assistant", "content": "",
          "tool_calls": [
            ["id": "c1", "type": "function", "function": ["name": "f", "arguments": ["x": 1]]]
          ],
        ],
        ["role": "tool", "content": "42", "tool_call_id": "c1"],
      ])
  }

  @Test(arguments: [("", "{}"), ("{}", "{}"), ("not json", #""not json""#), ("[1]", #""[1]""#)])
  func `A model's own broken call doesn't end its conversation`(text: String, read: String) throws {
    let call: JSON = ["type": "function", "function": ["name": "f", "arguments": .string(text)]]
    let body: JSON = ["messages": [["role": "assistant", "tool_calls": [call]]]]
    let message = try ChatRequest(body, traits: Self.traits).conversation.messages[0]
    let arguments = message["tool_calls"]?.array?[0]["function"]?["arguments"]
    #expect(arguments?.text() == read)
  }

  @Test func `Reasoning of earlier answers is kept under one name`() throws {
    let messages = try readMessages(#"[{"role": "assistant", "content": "a", "reasoning": "r"}]"#)
    #expect(messages[0]["reasoning_content"]?.string == "r")
  }

  @Test(arguments: [
    ("[]", "messages", "invalid_value"),
    ("{}", "messages", "invalid_type"),
    ("[1]", "messages[0]", "invalid_type"),
    (#"[{"content": "a"}]"#, "messages[0].role", "missing_required_parameter"),
    (#"[{"role": "function", "content": "a"}]"#, "messages[0].role", "invalid_value"),
    (#"[{"role": "bot", "content": "a"}]"#, "messages[0].role", "invalid_value"),
    (#"[{"role": "user"}]"#, "messages[0].content", "missing_required_parameter"),
    (#"[{"role": "user", "content": null}]"#, "messages[0].content", "missing_required_parameter"),
    (#"[{"role": "user", "content": 5}]"#, "messages[0].content", "invalid_type"),
    (#"[{"role": "user", "content": [5]}]"#, "messages[0].content[0]", "invalid_type"),
    (
      #"[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]"#,
      "messages[0].content[0].type", "unsupported_value"
    ),
    (
      #"[{"role": "user", "content": [{"type": "text"}]}]"#, "messages[0].content[0].text",
      "missing_required_parameter"
    ),
    (
      #"[{"role": "tool", "content": "a", "tool_call_id": 1}]"#, "messages[0].tool_call_id",
      "invalid_type"
    ),
    (#"[{"role": "user", "content": "a", "mood": "b"}]"#, "messages[0].mood", "unknown_parameter"),
    (
      #"[{"role": "assistant", "tool_calls": [{"function": {"name": 5}}]}]"#,
      "messages[0].tool_calls[0].function.name", "invalid_type"
    ),
  ])
  func `A message that can't be read is refused by its place`(
    messages: String, field: String, code: String
  ) throws {
    let error = try #require(
      #expect(throws: APIError.self) { try readMessages(messages) })
    #expect(error.parameter == field)
    #expect(error.code == code)
  }

  // MARK: Tools

  @Test func `With tool_choice none the model is shown no tools`() throws {
    let tools = #""tools": [{"type": "function", "function": {"name": "f", "strict": false}}]"#
    #expect(
      try read(tools).conversation.tools.definitions == [
        ["type": "function", "function": ["name": "f"]]
      ])
    #expect(try read(tools + #", "tool_choice": "auto""#).conversation.tools.definitions.count == 1)
    #expect(try read(tools + #", "tool_choice": "none""#).conversation.tools.definitions.isEmpty)
    #expect(try !read(tools + #", "parallel_tool_calls": false"#).conversation.tools.parallel)
  }

  @Test func `tool_choice says which tools may be called, and whether one must be`() throws {
    let tools =
      #""tools": [{"type": "function", "function": {"name": "f", "strict": true}}, "#
      + #"{"type": "function", "function": {"name": "g"}}], "tool_choice": "#
    let required = try read(tools + #""required""#).conversation.tools
    #expect(required.choice == .required && required.callable == nil && required.parallel)
    #expect(required.strict == ["f"])
    let named = try read(tools + #"{"type": "function", "function": {"name": "g"}}"#)
    #expect(named.conversation.tools.choice == .required)
    #expect(named.conversation.tools.callable == ["g"])
    #expect(!named.conversation.tools.parallel)
    let allowed = try read(
      tools + #"{"type": "allowed_tools", "allowed_tools": {"mode": "auto", "#
        + #""tools": [{"type": "function", "function": {"name": "f"}}]}}"#)
    #expect(allowed.conversation.tools.choice == .auto)
    #expect(allowed.conversation.tools.callable == ["f"])
  }

  @Test(arguments: [
    (#""response_format": {"type": "json_object"}"#, "response_format"),
    (#""response_format": {"type": "json_object", "schema": {}}"#, "response_format.schema"),
    (
      #""response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}"#,
      "response_format.json_schema.schema"
    ),
    (#""guided_json": {"type": "object"}"#, "guided_json"),
    (#""json_schema": {"type": "object"}"#, "json_schema"),
    (#""guided_regex": "a+""#, "guided_regex"), (#""guided_choice": ["a"]"#, "guided_choice"),
    (#""grammar": "root ::= \"a\"""#, "grammar"),
    (#""structured_outputs": {"regex": "a"}"#, "structured_outputs.regex"),
  ])
  func `the form of an answer is read from whichever field gives it`(
    member: String, path: String
  ) throws {
    #expect(try read(member).conversation.form?.path == path)
  }

  // MARK: Delivery

  @Test(arguments: [
    ("", Delivery.Usage.onLastChunk), (#"{"include_usage": true}"#, .inOwnChunk),
    (#"{"include_usage": false}"#, .none),
    (#"{"include_usage": true, "continuous_usage_stats": true}"#, .continuous),
  ])
  func `Usage comes where the client asks for it`(options: String, usage: Delivery.Usage) throws {
    let member = options.isEmpty ? "" : ", \"stream_options\": \(options)"
    #expect(try read(#""stream": true"# + member).delivery == Delivery(stream: true, usage: usage))
  }
}
