import JSON
import Testing

@testable import Server

/// On a prefix miss the timings say which message is to blame.
@Suite(.timeLimit(.minutes(30))) struct CacheMissTests {
  private func body(_ texts: [String]) -> JSON {
    let messages = texts.enumerated().map { index, text -> JSON in
      [
        "role": .string(index == 0 ? "system" : index % 2 == 1 ? "user" : "assistant"),
        "content": .string(text),
      ]
    }
    return ["model": "letters", "messages": .array(messages)]
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
    ]
    try await server.run { client in
      for (texts, message) in turns {
        let response = try await client.chat(body(texts))
        let timings = try response.json["timings"]
        #expect(timings?["cache_miss"]?["message"] == message.map(JSON.integer), "\(texts)")
      }
    }
  }
}
