import JSON
import Testing

@testable import Server

/// On a prefix miss the timings say which message is to blame.
@Suite(.timeLimit(.minutes(30))) struct CacheMissTests {
  private func body(_ texts: [String], tool: String? = nil) -> JSON {
    let messages = texts.enumerated().map { index, text -> JSON in
      [
        "role": .string(index == 0 ? "system" : index % 2 == 1 ? "user" : "assistant"),
        "content": .string(text),
      ]
    }
    guard let tool else { return ["model": "letters", "messages": .array(messages)] }
    let function: JSON = ["name": .string(tool), "parameters": ["type": "object"]]
    return [
      "model": "letters", "messages": .array(messages),
      "tools": [["type": "function", "function": function]],
    ]
  }

  @Test func `The first message that differs is named`() async throws {
    let server = try TestServer(respond: { _ in "ok" })
    let rules = "Answer in one word, and never mention the weather."
    let first = [rules, "Is it late?"]
    let turns: [([String], Int?)] = [
      (first, nil),
      // The same again, and the next turn of the same conversation, are no misses.
      (first, nil),
      (first + ["ok", "And now?"], nil),
      ([rules, "Is it early?"], 1),
      (["Today is Monday. " + rules, "Is it late?"], 0),
      (first + ["ok, yes", "And now?"], 2),
      // A text that goes on where another ended: that message differs, not the one behind it.
      ([rules, "Is it"], 1),
      (["Answer in one word, and never", "Is it late?"], 0),
    ]
    try await server.run { client in
      for (texts, message) in turns {
        let response = try await client.chat(body(texts))
        let timings = try response.json["timings"]
        #expect(timings?["cache_miss"]?["message"] == message.map(JSON.integer), "\(texts)")
      }
    }
  }

  @Test func `Tools that differ are named, and not the message behind them`() async throws {
    let server = try TestServer(respond: { _ in "ok" })
    let texts = ["Answer in one word.", "Is it late?"]
    try await server.run { client in
      func miss(_ texts: [String], tool: String?) async throws -> JSON? {
        try await client.chat(body(texts, tool: tool)).json["timings"]?["cache_miss"]
      }
      #expect(try await miss(texts, tool: nil) == nil)
      for tool in ["look_up", "find"] {
        let found = try await miss(texts, tool: tool)
        #expect(found?["tools"] == true, "\(tool): \(String(describing: found))")
      }
      let other = try await miss(["Answer in one word.", "Is it early?"], tool: "find")
      #expect(other?["message"] == 1 && other?["tools"] == nil)
      // Nobody knows any more that it was tools which stood there: the message ended before.
      #expect(try await miss(["Answer in one word.", "Why?"], tool: nil)?["message"] == 1)
    }
  }
}
