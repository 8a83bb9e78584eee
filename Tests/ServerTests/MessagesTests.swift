import Foundation
import JSON
import Testing

@testable import Server

/// What an answer looks like to clients of the Anthropic API, streamed and whole.
@Suite(.timeLimit(.minutes(30))) struct MessagesStreamTests {
  private static let call = """
    <tool_call>
    {"name": "f", "arguments": {"x": 1}}
    </tool_call>
    """
  private static let tools: JSON = [["name": "f", "input_schema": ["type": "object"]]]

  static let cases = [
    StreamCase(name: "plain", answer: "Hé✓"),
    StreamCase(name: "empty", answer: ""),
    StreamCase(name: "length", answer: "Hello there", members: ["max_tokens": 3]),
    StreamCase(
      name: "stop", answer: "one, two, three", members: ["stop_sequences": [", th", "zz"]]),
    StreamCase(name: "thinking", answer: "<think>\nhm\n</think>\n\nok"),
    StreamCase(
      name: "thinking omitted", answer: "<think>hm</think>ok",
      members: ["thinking": ["type": "adaptive", "display": "omitted"]]),
    StreamCase(
      name: "thinking disabled", answer: "<think>hm</think>ok",
      members: ["thinking": ["type": "disabled"]]),
    StreamCase(name: "tool use", answer: call, members: ["tools": tools]),
    StreamCase(
      name: "text and two tools", answer: "So: \(call)\n\(call)\n", members: ["tools": tools]),
    StreamCase(
      name: "one tool at a time", answer: "\(call)\n\(call)",
      members: [
        "tools": tools, "tool_choice": ["type": "auto", "disable_parallel_tool_use": true],
      ]),
    StreamCase(name: "call cut off", answer: call, members: ["tools": tools, "max_tokens": 36]),
    StreamCase(
      name: "broken call", answer: #"<tool_call>{"name": "f", "arguments": {"x" 1}}</tool_call>"#,
      members: ["tools": tools], isBroken: true),
  ]

  private func ask(_ test: StreamCase, stream: Bool) async throws -> TestResponse {
    let body = messagesBody(test.members, stream: stream)
    return try await test.server().run {
      try await $0.post("/v1/messages", body.text())
    }
  }

  @Test(arguments: cases)
  func `A stream of events is byte for byte what it was`(test: StreamCase) async throws {
    let response = try await ask(test, stream: true)
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "text/event-stream")
    try expectGolden("messages/stream \(test.name)", response.text)
  }

  @Test(arguments: cases)
  func `A whole message is byte for byte what it was`(test: StreamCase) async throws {
    let response = try await ask(test, stream: false)
    #expect(response.status == .ok)
    try expectGolden("messages/whole \(test.name)", response.text)
  }

  @Test(arguments: cases)
  func `The events of a stream fold to the whole message`(test: StreamCase) async throws {
    let whole = try await ask(test, stream: false).json
    var folded = FoldedMessage()
    for (name, event) in try await ask(test, stream: true).events {
      #expect(event["type"]?.string == name)
      folded.append(event)
    }
    #expect(withoutChance(folded.json.text()) == withoutChance(whole.text()))
    #expect(folded.isEnded)
  }

  @Test func `A server that says nothing for a while sends a ping`() async throws {
    let server = try TestServer()
    let request = try MessagesRequest(messagesBody(), traits: server.served.traits)
    let choice = try server.served.begin(request.conversation, id: "msg_1", client: "")
    let wire = MessagesWire(
      id: "msg_1", model: "m", promptTokens: choice.promptTokens, maximumTokens: 9,
      thinking: .shown)
    var frames = AnswerFrames(
      choice, wire: SoleChoice(wire),
      report: AnswerReport(id: "msg_1", logger: .init(label: "test")), keepAlive: .zero)
    let ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n"
    #expect(frames.take(.silence).map { String(buffer: $0) } == [ping])
    // Words that bring no frame are silence to the client too.
    let progress = frames.take(.element((0, .prefill(done: 1, total: 2))))
    #expect(progress.map { String(buffer: $0) } == [ping])
  }
}

/// What a request of the Anthropic API may say, and how refusals look.
@Suite(.timeLimit(.minutes(30))) struct MessagesRequestTests {
  private func error(_ members: JSON, path: String = "/v1/messages") async throws -> JSON {
    let body = messagesBody(members)
    let response = try await TestServer().run { try await $0.post(path, body.text()) }
    #expect(response.status == .badRequest, "\(response.text)")
    let json = try response.json
    #expect(json["type"] == "error")
    #expect(json["error"]?["type"] == "invalid_request_error")
    return json["error"]?["message"] ?? .null
  }

  @Test(arguments: [
    // (request members, what the message names)
    (#"{"max_tokens": null}"#, "max_tokens"),
    (#"{"max_tokens": 0}"#, "max_tokens"),
    (#"{"messages": []}"#, "messages"),
    (#"{"messages": [{"role": "assistant", "content": "a"}]}"#, "end with a message of the user"),
    (#"{"messages": [{"role": "tool", "content": "a"}]}"#, "messages[0].role"),
    (#"{"messages": [{"role": "user", "content": 1}]}"#, "messages[0].content"),
    (
      #"{"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}"#, "vision"
    ),
    (
      #"{"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "a"}]}]}"#,
      "messages[0].content[0].tool_use_id"
    ),
    (#"{"system": [{"type": "image"}]}"#, "system[0].type"),
    (#"{"tools": [{"name": "f"}]}"#, "tools[0].input_schema"),
    (#"{"tools": [{"type": "web_search_20250305", "name": "web_search"}]}"#, "tools[0].type"),
    (#"{"tool_choice": {"type": "sometimes"}}"#, "tool_choice.type"),
    (#"{"thinking": {"type": "enabled"}}"#, "thinking.budget_tokens"),
    (#"{"container": "c"}"#, "container"),
    (#"{"stop_sequences": [""]}"#, "stop_sequences[0]"),
    (#"{"mcp_servers": [{}]}"#, "mcp_servers"),
    (
      #"{"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}"#,
      "context_management.edits[0].type"
    ),
    (#"{"max_token": 1}"#, "Did you mean 'max_tokens'?"),
  ])
  func `A field that can't be honoured is refused by name`(
    members: String, word: String
  ) async throws {
    let message = try await error(JSON(parsing: members))
    #expect(message.string?.contains(word) == true, "\(message.text())")
  }

  @Test func `Every refusal has Anthropic's shape`() async throws {
    var server = try TestServer()
    server.configuration.apiKeys = ["secret"]
    try await server.run { client in
      let closed = try await client.post("/v1/messages", "{}")
      #expect(closed.status == .unauthorized)
      #expect(try closed.json["error"]?["type"] == "authentication_error")
      let wrong = try await client.get(
        "/v1/messages", headers: [.authorization: "Bearer secret"])
      #expect(wrong.status == .methodNotAllowed)
      #expect(try wrong.json["error"]?["type"] == "invalid_request_error")
    }
    server.isLoaded = false
    server.configuration.apiKeys = []
    try await server.run { client in
      let early = try await client.post("/v1/messages", messagesBody().text())
      #expect(early.status == .serviceUnavailable)
      #expect(try early.json["error"]?["type"] == "overloaded_error")
    }
  }

  private func read(_ members: JSON) throws -> MessagesRequest {
    try MessagesRequest(messagesBody(members), traits: TestServer().served.traits)
  }

  @Test func `A transcript as coding agents send it becomes one that templates can read`() throws {
    let request = try read(
      JSON(
        parsing: """
          {"system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=a81f2;"},
            {"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "Be brief."}],
           "metadata": {"user_id": "user_1_account__session_2"},
           "thinking": {"type": "enabled", "budget_tokens": 31999},
           "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
           "temperature": 1, "max_tokens": 32000,
           "messages": [
            {"role": "user", "content": [
              {"type": "text", "text": "<system-reminder>r</system-reminder>"},
              {"type": "text", "text": "Fix it.", "cache_control": {"type": "ephemeral"}}]},
            {"role": "assistant", "content": [
              {"type": "thinking", "thinking": "hm", "signature": "s"},
              {"type": "redacted_thinking", "data": "d"},
              {"type": "text", "text": "I look."},
              {"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "a"}},
              {"type": "tool_use", "id": "t2", "name": "Bash", "input": {}}]},
            {"role": "user", "content": [
              {"type": "tool_result", "tool_use_id": "t1",
               "content": [{"type": "text", "text": "1"}, {"type": "text", "text": "2"}]},
              {"type": "tool_result", "tool_use_id": "t2", "is_error": true, "content": "no"},
              {"type": "text", "text": "Go on."}]},
            {"role": "system", "content": "Remember."},
            {"role": "user", "content": "Now?"}]}
          """))
    #expect(
      request.conversation.messages == [
        ["role": "system", "content": "You are an agent.\nBe brief."],
        ["role": "user", "content": "<system-reminder>r</system-reminder>\nFix it."],
        [
          "role": "assistant", "content": "I look.", "reasoning_content": "hm",
          "tool_calls": [
            [
              "id": "t1", "type": "function",
              "function": ["name": "Read", "arguments": ["path": "a"]],
            ],
            [
              "id": "t2", "type": "function",
              "function": ["name": "Bash", "arguments": .object(JSONObject())],
            ],
          ],
        ],
        ["role": "tool", "content": "1\n2", "tool_call_id": "t1", "name": "Read"],
        ["role": "tool", "content": "Error: no", "tool_call_id": "t2", "name": "Bash"],
        ["role": "user", "content": "Go on."],
        ["role": "system", "content": "Remember."],
        ["role": "user", "content": "Now?"],
      ])
    #expect(request.conversation.limits.maximumTokens == 32000)
    #expect(request.conversation.reasoningEffort == "high")
  }

  @Test func `Tools are described to the model as functions`() throws {
    let tools: JSON = [
      [
        "name": "f", "description": "d", "input_schema": ["type": "object"],
        "cache_control": ["type": "ephemeral"],
      ]
    ]
    let read = try read(["tools": tools])
    #expect(
      read.conversation.tools.definitions == [
        [
          "type": "function",
          "function": ["name": "f", "description": "d", "parameters": ["type": "object"]],
        ]
      ])
    let none = try self.read(["tools": tools, "tool_choice": ["type": "none"]])
    #expect(none.conversation.tools.definitions.isEmpty)
  }

  @Test func `Counting gives the tokens that an answer then takes`() async throws {
    let body = messagesBody(["system": "Be brief."])
    try await TestServer().run { client in
      var counted = body.object ?? JSONObject()
      counted["max_tokens"] = nil
      let count = try await client.post(
        "/v1/messages/count_tokens", JSON.object(counted).text())
      let answer = try await client.post("/v1/messages", body.text()).json
      #expect(try count.json == ["input_tokens": answer["usage"]?["input_tokens"] ?? .null])
    }
    let message = try await error(["max_tokens": 5], path: "/v1/messages/count_tokens")
    #expect(message.string?.contains("max_tokens") == true)
  }

  @Test func `What was cached is counted apart`() async throws {
    let server = try TestServer()
    let text = String(repeating: "long ", count: 100)
    try await server.run { client in
      let body = messagesBody(["system": .string(text)]).text()
      let first = try await client.post("/v1/messages", body).json["usage"]
      let second = try await client.post("/v1/messages", body).json["usage"]
      let cached = second?["cache_read_input_tokens"]?.integer ?? 0
      #expect(cached > 0)
      #expect(
        first?["input_tokens"]?.integer == cached + (second?["input_tokens"]?.integer ?? 0))
    }
  }
}

/// A request of one user message and `members` beside it.
func messagesBody(
  _ members: JSON = .object(JSONObject()), stream: Bool? = nil
) -> JSON {
  let message: JSON = ["role": "user", "content": "Hello"]
  var body = JSONObject([
    (key: "model", value: "letters"), (key: "max_tokens", value: 400),
    (key: "messages", value: .array([message])),
  ])
  for (key, value) in members.object ?? JSONObject() {
    body[key] = value.isNull ? nil : value
  }
  if let stream { body["stream"] = .bool(stream) }
  return .object(body)
}

extension TestResponse {
  /// The events of a stream, with the names that they go by.
  var events: [(name: String, value: JSON)] {
    get throws {
      try text.split(separator: "\n\n").filter { $0.hasPrefix("event: ") }.map { frame in
        let lines = frame.split(separator: "\n", maxSplits: 1)
        return (
          name: String(lines[0].dropFirst(7)),
          value: try JSON(parsing: String(lines[1].dropFirst(6)))
        )
      }
    }
  }
}

/// A stream's events put together the way Anthropic's clients do it.
private struct FoldedMessage {
  private var message = JSONObject()
  private var blocks: [JSONObject] = []
  private var inputs: [Int: String] = [:]
  private(set) var isEnded = false

  mutating func append(_ event: JSON) {
    let index = event["index"]?.integer ?? -1
    switch event["type"]?.string {
    case "message_start": message = event["message"]?.object ?? JSONObject()
    case "content_block_start": blocks.append(event["content_block"]?.object ?? JSONObject())
    case "content_block_delta": append(delta: event["delta"] ?? .null, to: index)
    case "content_block_stop":
      if let input = inputs[index] { blocks[index]["input"] = try? JSON(parsing: input) }
    case "message_delta":
      for (key, value) in event["delta"]?.object ?? JSONObject() { message[key] = value }
      var usage = message["usage"]?.object ?? JSONObject()
      for (key, value) in event["usage"]?.object ?? JSONObject() { usage[key] = value }
      message["usage"] = .object(usage)
    case "message_stop": isEnded = true
    default: break
    }
  }

  private mutating func append(delta: JSON, to index: Int) {
    switch delta["type"]?.string {
    case "input_json_delta": inputs[index, default: ""] += delta["partial_json"]?.string ?? ""
    case "signature_delta": blocks[index]["signature"] = delta["signature"]
    default:
      for key in ["text", "thinking"] {
        guard let more = delta[key]?.string else { continue }
        blocks[index][key] = .string((blocks[index][key]?.string ?? "") + more)
      }
    }
  }

  var json: JSON {
    var message = message
    message["content"] = .array(blocks.map { .object($0) })
    return .object(message)
  }
}
