import Foundation
import JSON
import Testing

@testable import Server

/// What an answer looks like to clients of the Responses API, streamed and whole.
@Suite(.timeLimit(.minutes(30))) struct ResponsesStreamTests {
  private static let call = """
    <tool_call>
    {"name": "f", "arguments": {"x": 1}}
    </tool_call>
    """
  private static let tools: JSON = [
    ["type": "function", "name": "f", "parameters": ["type": "object"], "strict": false]
  ]

  static let cases = [
    StreamCase(name: "plain", answer: "Hé✓"),
    StreamCase(name: "empty", answer: ""),
    StreamCase(name: "length", answer: "Hello there", members: ["max_output_tokens": 3]),
    StreamCase(name: "reasoning", answer: "<think>\nhm\n</think>\n\nok"),
    StreamCase(name: "function call", answer: call, members: ["tools": tools]),
    StreamCase(
      name: "text and two calls", answer: "So: \(call)\n\(call)\n", members: ["tools": tools]),
    StreamCase(
      name: "one call at a time", answer: "\(call)\n\(call)",
      members: ["tools": tools, "parallel_tool_calls": false]),
    StreamCase(
      name: "call cut off", answer: call, members: ["tools": tools, "max_output_tokens": 36]),
    StreamCase(
      name: "broken call", answer: #"<tool_call>{"name": "f", "arguments": {"x" 1}}</tool_call>"#,
      members: ["tools": tools], isBroken: true),
    StreamCase(
      name: "logprobs", answer: "ab",
      members: ["include": ["message.output_text.logprobs"], "top_logprobs": 1]),
    StreamCase(
      name: "everything repeated", answer: "ok",
      members: [
        "instructions": "Be brief.", "max_output_tokens": 9, "metadata": ["a": "b"],
        "reasoning": ["effort": "high"], "temperature": 0.2, "top_p": 0.9, "store": false,
        "text": ["format": ["type": "text"]], "tools": tools, "tool_choice": "none",
        "user": "u", "prompt_cache_key": "k", "safety_identifier": "s", "model": "m",
      ]),
  ]

  private func ask(_ test: StreamCase, stream: Bool) async throws -> TestResponse {
    var body = JSONObject([
      (key: "input", value: "Hello"), (key: "stream", value: .bool(stream)),
    ])
    for (key, value) in test.members.object ?? JSONObject() { body[key] = value }
    let text = JSON.object(body).text()
    return try await test.server().run {
      try await $0.post("/v1/responses", text)
    }
  }

  @Test(arguments: cases)
  func `A stream of events is byte for byte what it was`(test: StreamCase) async throws {
    let response = try await ask(test, stream: true)
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "text/event-stream")
    try expectGolden("responses/stream \(test.name)", response.text)
  }

  @Test(arguments: cases)
  func `A whole response is byte for byte what it was`(test: StreamCase) async throws {
    let response = try await ask(test, stream: false)
    #expect(response.status == .ok)
    try expectGolden("responses/whole \(test.name)", response.text)
  }

  @Test(arguments: cases)
  func `The events of a stream fold to the whole response`(test: StreamCase) async throws {
    let whole = try await ask(test, stream: false).json
    var folded = FoldedResponse()
    for (number, (name, event)) in try await ask(test, stream: true).events.enumerated() {
      #expect(event["type"]?.string == name)
      #expect(event["sequence_number"]?.integer == number)
      folded.append(event)
    }
    let last = try #require(folded.last)
    #expect(withoutChance(last.text()) == withoutChance(whole.text()))
    #expect(
      withoutChance(JSON.array(folded.items).text())
        == withoutChance(whole["output"]?.text() ?? ""))
  }
}

/// What a request of the Responses API may say.
@Suite(.timeLimit(.minutes(30))) struct ResponsesRequestTests {
  private func read(_ body: String, store: ResponseStore = ResponseStore()) throws
    -> ResponseRequest
  {
    try ResponseRequest(
      JSON(parsing: body), traits: TestServer().served.traits, store: store)
  }

  @Test(arguments: [
    // (request, field, code)
    (#"{}"#, "input", "missing_required_parameter"),
    (#"{"input": []}"#, "input", "invalid_value"),
    (#"{"input": 5}"#, "input", "invalid_type"),
    (#"{"input": [{"type": "computer_call"}]}"#, "input[0].type", "unsupported_value"),
    (#"{"input": [{"role": "tool", "content": "a"}]}"#, "input[0].role", "invalid_value"),
    (
      #"{"input": [{"role": "user", "content": [{"type": "input_image"}]}]}"#,
      "input[0].content[0].type", "unsupported_value"
    ),
    (
      #"{"input": [{"type": "function_call_output", "output": "a"}]}"#, "input[0].call_id",
      "missing_required_parameter"
    ),
    (#"{"input": [{"type": "item_reference", "id": "x"}]}"#, "input[0].id", "invalid_value"),
    (
      #"{"input": "a", "previous_response_id": "resp_0"}"#, "previous_response_id",
      "previous_response_not_found"
    ),
    (#"{"input": "a", "background": true}"#, "background", "unsupported_value"),
    (#"{"input": "a", "conversation": "c"}"#, "conversation", "unsupported_parameter"),
    (#"{"input": "a", "truncation": "auto"}"#, "truncation", "unsupported_value"),
    (#"{"input": "a", "max_output_tokens": 0}"#, "max_output_tokens", "invalid_value"),
    (
      #"{"input": "a", "include": ["file_search_call.results"]}"#, "include[0]", "unsupported_value"
    ),
    (#"{"input": "a", "text": {"verbosity": "low"}}"#, "text.verbosity", "unsupported_value"),
    (
      #"{"input": "a", "reasoning": {"summary": "concise"}}"#, "reasoning.summary",
      "unsupported_value"
    ),
    (#"{"input": "a", "reasoning": {"effort": "huge"}}"#, "reasoning.effort", "invalid_value"),
    (#"{"input": "a", "tools": [{"type": "web_search"}]}"#, "tools[0].type", "unsupported_value"),
    (
      #"{"input": "a", "tools": [{"type": "function", "name": "a b"}]}"#, "tools[0].name",
      "invalid_value"
    ),
    (#"{"input": "a", "metadata": {"a": 1}}"#, "metadata.a", "invalid_type"),
    (#"{"input": "a", "stream_options": {}}"#, "stream_options", "invalid_value"),
    (#"{"inputs": "a"}"#, "inputs", "unknown_parameter"),
  ])
  func `A field that can't be honoured is refused by name`(
    body: String, field: String, code: String
  ) throws {
    let error = try #require(#expect(throws: APIError.self) { try read(body) })
    #expect(error.status == .badRequest)
    #expect(error.parameter == field)
    #expect(error.code == code)
  }

  @Test func `Items of a conversation become messages`() throws {
    let request = try read(
      """
      {"instructions": "Be brief.", "input": [
        {"role": "user", "content": "Hi"},
        {"type": "message", "role": "developer",
         "content": [{"type": "input_text", "text": "Now."}]},
        {"id": "rs_1", "type": "reasoning", "summary": [],
         "content": [{"type": "reasoning_text", "text": "hm"}], "encrypted_content": null},
        {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
         "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
        {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "f",
         "arguments": "{\\"x\\": 1}", "status": "completed"},
        {"type": "function_call_output", "call_id": "c1", "output": "42"},
        {"type": "message", "role": "assistant", "content": "One."},
        {"type": "message", "role": "assistant", "content": "Two."}]}
      """)
    #expect(
      request.conversation.messages == [
        ["role": "system", "content": "Be brief."],
        ["role": "user", "content": "Hi"],
        ["role": "developer", "content": "Now."],
        [
          "role": "assistant", "content": "I look.", "reasoning_content": "hm",
          "tool_calls": [
            ["id": "c1", "type": "function", "function": ["name": "f", "arguments": ["x": 1]]]
          ],
        ],
        ["role": "tool", "content": "42", "tool_call_id": "c1", "name": "f"],
        ["role": "assistant", "content": "One."],
        ["role": "assistant", "content": "Two."],
      ])
  }

  @Test func `A refusal of the model names the field by its name here`() async throws {
    try await TestServer(contextSize: 64).run { client in
      let body: JSON = ["input": .string(String(repeating: "a", count: 100))]
      let response = try await client.post("/v1/responses", body.text())
      #expect(response.status == .badRequest)
      #expect(try response.error["param"] == "input")
      #expect(try response.error["code"] == "context_length_exceeded")
    }
  }

  @Test func `Counting gives the tokens that an answer then takes`() async throws {
    try await TestServer().run { client in
      let body: JSON = ["input": "Hello", "instructions": "Be brief."]
      let count = try await client.post("/v1/responses/input_tokens", body.text()).json
      let answer = try await client.post("/v1/responses", body.text()).json
      #expect(count["input_tokens"] == answer["usage"]?["input_tokens"])
    }
  }
}

/// Responses that are kept, and conversations that go on from them.
@Suite(.timeLimit(.minutes(30))) struct StoredResponseTests {
  /// A server whose responses have ids of their own, and that repeats its prompt in brackets.
  private func server() throws -> TestServer {
    var server = try TestServer(
      respond: { $0.replacing("<|im_start|>", with: "[").replacing("<|im_end|>", with: "]") })
    server.configuration.makeID = { $0 + randomLetters(8) }
    return server
  }

  private func ask(_ client: RouterClient, _ body: JSON) async throws -> JSON {
    let response = try await client.post("/v1/responses", body.text())
    #expect(response.status == .ok, "\(response.text)")
    return try response.json
  }

  private func text(_ response: JSON) -> String {
    response["output"]?.array?.first?["content"]?.array?.first?["text"]?.string ?? ""
  }

  @Test func `A conversation goes on from a stored response`() async throws {
    try await server().run { client in
      let first = try await ask(client, ["input": "One", "instructions": "Be brief."])
      let id = try #require(first["id"])
      let second = try await ask(client, ["input": "Two", "previous_response_id": id])
      // The instructions of the first request don't carry over.
      #expect(text(second).hasPrefix("[user\nOne]\n[assistant\n[system\nBe brief.]"))
      #expect(text(second).hasSuffix("[user\nTwo]\n[assistant\n"))
      let third = try await ask(
        client, ["input": "Three", "previous_response_id": second["id"] ?? .null])
      #expect(text(third).hasPrefix("[user\nOne]"))
      #expect(text(third).hasSuffix("[user\nThree]\n[assistant\n"))
    }
  }

  @Test func `A stored response is fetched, listed and deleted`() async throws {
    try await server().run { client in
      let made = try await ask(client, ["input": "One"])
      let id = made["id"]?.string ?? ""
      #expect(try await client.get("/v1/responses/\(id)").json == made)
      let items = try await client.get("/v1/responses/\(id)/input_items").json
      #expect(items["data"]?.array?.count == 1)
      #expect(items["data"]?.array?[0]["content"]?.array?[0]["text"] == "One")
      #expect(items["has_more"] == false)
      let deleted = try await client.execute(uri: "/v1/responses/\(id)", method: .delete)
      #expect(try deleted.json["deleted"] == true)
      for path in ["", "/input_items"] {
        #expect(try await client.get("/v1/responses/\(id)\(path)").status == .notFound)
      }
      let again = try await client.execute(uri: "/v1/responses/\(id)", method: .delete)
      #expect(again.status == .notFound)
    }
  }

  @Test func `What shall not be stored isn't`() async throws {
    try await server().run { client in
      let made = try await ask(client, ["input": "One", "store": false])
      let id = made["id"]?.string ?? ""
      #expect(try await client.get("/v1/responses/\(id)").status == .notFound)
      let next: JSON = ["input": "Two", "previous_response_id": .string(id)]
      let refused = try await client.post("/v1/responses", next.text())
      #expect(try refused.error["code"] == "previous_response_not_found")
    }
  }

  @Test func `Input items come in pages`() async throws {
    try await server().run { client in
      let items: [JSON] = (1...5).map { ["role": "user", "content": .string("\($0)")] }
      let made = try await ask(client, ["input": .array(items)])
      let path = "/v1/responses/\(made["id"]?.string ?? "")/input_items"
      let first = try await client.get("\(path)?order=asc&limit=2").json
      #expect(first["has_more"] == true)
      let after = first["last_id"]?.string ?? ""
      let rest = try await client.get("\(path)?order=asc&after=\(after)").json
      let texts = (rest["data"]?.array ?? []).map { $0["content"]?.array?[0]["text"]?.string }
      #expect(texts == ["3", "4", "5"])
      #expect(try await client.get("\(path)?limit=0").status == .badRequest)
    }
  }

  @Test func `A running response is cancelled, and what was said stays`() async throws {
    var server = try TestServer(
      beforeStep: { _ in Thread.sleep(forTimeInterval: 0.005) },
      respond: { _ in String(repeating: "a", count: 2000) })
    server.configuration.makeID = { $0 + "x" }
    let engine = server.engine
    try await server.run { client in
      async let answer = client.post("/v1/responses", #"{"input": "Hello"}"#)
      while engine.status.steps < 10 { try await Task.sleep(for: .milliseconds(2)) }
      let cancelled = try await client.post("/v1/responses/resp_x/cancel", "")
      #expect(try cancelled.json["status"] == "cancelled")
      let whole = try await answer.json
      #expect(whole["status"] == "cancelled")
      #expect(whole["output"]?.array?[0]["status"] == "incomplete")
      #expect(text(whole).hasPrefix("aaa"))
      #expect(try await client.get("/v1/responses/resp_x").json == whole)
      let again = try await client.post("/v1/responses/resp_x/cancel", "")
      #expect(again.status == .badRequest)
      let other = try await client.post("/v1/responses/resp_y/cancel", "")
      #expect(other.status == .notFound)
    }
  }

  @Test func `The store keeps the latest, up to its bounds`() throws {
    func response(_ number: Int, size: Int = 1) -> JSON {
      ["id": .string("resp_\(number)"), "text": .string(String(repeating: "a", count: size))]
    }
    let few = ResponseStore(maximumCount: 2)
    for number in 1...2 { few.keep(response(number), after: ResponseContext()) }
    #expect(few.response("resp_1") != nil)
    few.keep(response(3), after: ResponseContext())
    #expect(few.response("resp_2") == nil, "the one that was longest unused goes")
    #expect(few.response("resp_1") != nil && few.response("resp_3") != nil)

    let one = ResponseStore(maximumBytes: 600)
    for number in 1...2 { one.keep(response(number, size: 70), after: ResponseContext()) }
    #expect(one.response("resp_1") == nil && one.response("resp_2") != nil)
    one.keep(response(3, size: 1000), after: ResponseContext())
    #expect(one.response("resp_3") == nil, "what is larger than the store isn't kept")

    let both = ResponseStore(maximumBytes: 1200)
    for number in 1...2 { both.keep(response(number, size: 70), after: ResponseContext()) }
    #expect(both.response("resp_1") != nil && both.response("resp_2") != nil)
  }
}

/// A stream's events put together the way OpenAI's clients do it.
private struct FoldedResponse {
  private(set) var items: [JSON] = []
  private(set) var last: JSON?
  private var texts: [String: String] = [:]

  mutating func append(_ event: JSON) {
    let index = event["output_index"]?.integer ?? 0
    let id = event["item_id"]?.string ?? ""
    switch event["type"]?.string {
    case "response.output_item.added": items.append(event["item"] ?? .null)
    case "response.output_text.delta", "response.reasoning_text.delta",
      "response.function_call_arguments.delta":
      texts[id, default: ""] += event["delta"]?.string ?? ""
    case "response.output_text.done", "response.reasoning_text.done":
      #expect(event["text"]?.string == texts[id])
    case "response.function_call_arguments.done":
      #expect(event["arguments"]?.string == texts[id])
    case "response.output_item.done":
      #expect(items[index]["id"] == event["item"]?["id"])
      items[index] = event["item"] ?? .null
    case "response.completed", "response.incomplete": last = event["response"]
    default: break
    }
  }
}
