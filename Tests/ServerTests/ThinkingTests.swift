import JSON
import Testing

@testable import Server

/// Thinking that has a limit is ended there, and the answer follows.
@Suite(.timeLimit(.minutes(30))) struct ThinkingTests {
  /// Thinks in letters, and says what it was asked for when its thinking has ended.
  private func server(thought: String, answer: String = "ok") throws -> TestServer {
    try TestServer(respond: { prompt in
      prompt.hasSuffix("</think>") ? answer : "<think>\(thought)</think>\(answer)"
    })
  }

  private func ask(
    _ members: JSON, thought: String = "abcdefgh", answer: String = "ok"
  ) async throws -> (reasoning: String?, content: String?, usage: JSON?) {
    try await server(thought: thought, answer: answer).run { client in
      let response = try await client.chat(question("Hello", members)).json
      let message = response["choices"]?.array?.first?["message"]
      return (
        message?["reasoning_content"]?.string, message?["content"]?.string, response["usage"]
      )
    }
  }

  @Test(arguments: [
    (#"{}"#, "abcdefgh"), (#"{"thinking_budget": 3}"#, "abc"),
    (#"{"thinking_token_budget": 7}"#, "abcdefg"), (#"{"reasoning_budget": 8}"#, "abcdefgh"),
    (#"{"thinking_budget": 100}"#, "abcdefgh"), (#"{"thinking_budget": -1}"#, "abcdefgh"),
    (#"{"thinking_budget": 3, "logprobs": true}"#, "abc"),
    (#"{"thinking_budget": 3, "guided_choice": ["ok", "no"]}"#, "abc"),
    (#"{"thinking_budget": 3, "guided_choice": ["ok", "no"], "logprobs": true}"#, "abc"),
    (#"{"thinking_budget": 3, "reasoning_effort": "high"}"#, "abc"),
  ])
  func `A budget ends thinking, and the answer follows`(members: String, thought: String)
    async throws
  {
    let answer = try await ask(JSON(parsing: members))
    #expect(answer.reasoning == thought && answer.content == "ok")
  }

  @Test func `Without a budget to spend nothing is thought`() async throws {
    let answer = try await ask(["thinking_budget": 0])
    #expect(answer.reasoning == nil && answer.content == "ok")
  }

  @Test func `A character is never cut in two`() async throws {
    for (budget, thought) in [(1, "é"), (2, "é"), (3, "é✓"), (6, "é✓a")] {
      let answer = try await ask(["thinking_budget": .integer(budget)], thought: "é✓abc")
      #expect(answer.reasoning == thought && answer.content == "ok")
    }
  }

  @Test func `An answer without thinking isn't touched`() async throws {
    let text = "Tags look like <think> and </think>."
    let answer = try await TestServer(saying: text).run { client in
      try await client.chat(question("Hello", ["thinking_budget": 0])).json
    }
    #expect(answer["choices"]?.array?.first?["message"]?["content"]?.string == text)
  }

  @Test(arguments: [("minimal", 512), ("low", 1024), ("high", 3000)])
  func `An effort is a budget where the template has no word for it`(effort: String, count: Int)
    async throws
  {
    let answer = try await ask(
      ["reasoning_effort": .string(effort)], thought: String(repeating: "a", count: 3000))
    #expect(answer.reasoning?.count == count && answer.content == "ok")
  }

  @Test func `The other APIs have budgets of their own`() async throws {
    let server = try server(thought: "abcdefgh")
    try await server.run { client in
      let message = try await client.post(
        "/v1/messages",
        messagesBody(["thinking": ["type": "enabled", "budget_tokens": 3]]).text()
      ).json
      #expect(message["content"]?.array?.first?["thinking"] == "abc")
      let response = try await client.post(
        "/v1/responses", #"{"input": "Hello", "thinking_budget": 3}"#
      ).json
      let usage = response["usage"]?["output_tokens_details"]
      #expect(response["output"]?.array?.first?["content"]?.array?.first?["text"] == "abc")
      #expect((usage?["reasoning_tokens"]?.integer ?? 0) > 0)
    }
  }

  @Test(arguments: [
    (#"{"thinking_budget": -2}"#, "thinking_budget"),
    (#"{"thinking_budget": "a"}"#, "thinking_budget"),
    (#"{"thinking_token_budget": 3, "thinking_budget": 4}"#, "thinking_budget"),
  ])
  func `A budget that makes no sense is refused by name`(members: String, name: String)
    async throws
  {
    try await TestServer().run { client in
      let response = try await client.chat(question("Hello", JSON(parsing: members)))
      #expect(response.status == .badRequest)
      #expect(try response.error["param"]?.string == name)
    }
  }
}
