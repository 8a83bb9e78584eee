import Foundation
import JSON
import TestSupport
import Testing

@testable import Server

/// Continuations of texts: prompts of every form, echo, log-probabilities, several at once.
@Suite(.timeLimit(.minutes(30))) struct CompletionTests {
  private func complete(_ members: JSON, server: TestServer? = nil) async throws -> TestResponse {
    let server = try server ?? TestServer(saying: "lo!")
    return try await server.run { try await $0.post("/v1/completions", members.text()) }
  }

  @Test func `A text is continued`() async throws {
    let answer = try await complete(["prompt": "Hel", "model": "m"]).json
    #expect(answer["object"] == "text_completion")
    #expect(answer["id"] == "cmpl-test" && answer["model"] == "m")
    #expect(
      answer["choices"] == [
        ["text": "lo!", "index": 0, "logprobs": nil, "finish_reason": "stop"]
      ])
    #expect(answer["usage"]?["prompt_tokens"]?.integer == 3)
    // The end of the answer is a token too.
    #expect(answer["usage"]?["completion_tokens"]?.integer == 4)
  }

  @Test func `Prompts may be tokens, and many`() async throws {
    let server = try TestServer(respond: { "<\($0)>" })
    let cases: [(JSON, [String])] = [
      ([72, 105], ["<Hi>"]), ([[72, 105], [72]], ["<Hi>", "<H>"]), (["a", "b"], ["<a>", "<b>"]),
      (["a", [98]], ["<a>", "<b>"]),
    ]
    for (prompt, texts) in cases {
      let answer = try await complete(["prompt": prompt], server: server).json
      let choices = answer["choices"]?.array ?? []
      #expect(choices.compactMap { $0["text"]?.string } == texts)
      #expect(choices.compactMap { $0["index"]?.integer } == Array(texts.indices))
    }
  }

  @Test func `More prompts than the queue has places are one request all the same`() async throws {
    let server = try TestServer(parallel: 2, queueLimit: 0, respond: { "<\($0)>" })
    let prompts = (0..<20).map { JSON.string("\($0)") }
    let answer = try await complete(["prompt": .array(prompts), "n": 2], server: server).json
    let texts = answer["choices"]?.array?.compactMap { $0["text"]?.string }
    #expect(texts == (0..<20).flatMap { ["<\($0)>", "<\($0)>"] })
  }

  @Test func `Each prompt has its choices side by side`() async throws {
    let server = try TestServer(respond: { "<\($0)>" })
    let answer = try await complete(["prompt": ["a", "bc"], "n": 2, "best_of": 2], server: server)
    let choices = try answer.json["choices"]?.array ?? []
    #expect(choices.compactMap { $0["text"]?.string } == ["<a>", "<a>", "<bc>", "<bc>"])
    #expect(try answer.json["usage"]?["prompt_tokens"]?.integer == 3)
    #expect(try answer.json["usage"]?["completion_tokens"]?.integer == 4 + 4 + 5 + 5)
  }

  @Test func `An echo with log-probabilities covers the prompt, its first token without one`()
    async throws
  {
    let answer = try await complete([
      "prompt": "Hey", "echo": true, "logprobs": 1, "max_tokens": 1, "temperature": 0,
    ]).json
    let choice = try #require(answer["choices"]?.array?.first)
    #expect(choice["text"] == "Heyl" && choice["finish_reason"] == "length")
    let logprobs = try #require(choice["logprobs"])
    #expect(logprobs["tokens"] == ["H", "e", "y", "l"])
    #expect(logprobs["text_offset"] == [0, 1, 2, 3])
    let values = try #require(logprobs["token_logprobs"]?.array)
    #expect(values.count == 4 && values[0].isNull)
    #expect(values.dropFirst().allSatisfy { ($0.double ?? 1) <= 0 })
    let tops = try #require(logprobs["top_logprobs"]?.array)
    #expect(tops[0].isNull)
    for (token, top) in zip(["e", "y", "l"], tops.dropFirst()) {
      #expect(top[token] != nil && (top.object?.count ?? 0) <= 2)
    }
  }

  @Test func `No token need be generated`() async throws {
    let answer = try await complete([
      "prompt": [72, 105], "echo": true, "logprobs": 0, "max_tokens": 0,
    ]).json
    let choice = try #require(answer["choices"]?.array?.first)
    #expect(choice["text"] == "Hi" && choice["finish_reason"] == "length")
    #expect(choice["logprobs"]?["tokens"] == ["H", "i"])
    #expect(answer["usage"]?["completion_tokens"]?.integer == 0)
  }

  @Test(arguments: [false, true])
  func `A stream adds up to the whole`(echo: Bool) async throws {
    let members: JSONObject = JSONObject([
      (key: "prompt", value: .array(["Hel", "Yo"])), (key: "logprobs", value: 2),
      (key: "echo", value: .bool(echo)), (key: "temperature", value: 0),
    ])
    let whole = try await complete(.object(members)).json
    var streamed = members
    streamed["stream"] = true
    let response = try await complete(.object(streamed))
    #expect(response.text.hasSuffix("data: [DONE]\n\n"))
    let frames = try response.frames
    for choice in whole["choices"]?.array ?? [] {
      let parts = frames.compactMap { $0["choices"]?.array?.first }
        .filter { $0["index"] == choice["index"] }
      #expect(parts.compactMap { $0["text"]?.string }.joined() == choice["text"]?.string)
      for name in ["tokens", "token_logprobs", "top_logprobs", "text_offset"] {
        let joined = parts.flatMap { $0["logprobs"]?[name]?.array ?? [] }
        #expect(joined == choice["logprobs"]?[name]?.array, "\(name)")
      }
      #expect(parts.last?["finish_reason"] == choice["finish_reason"])
    }
    #expect(frames.last?["usage"] == whole["usage"])
  }

  @Test func `Part of a character is named by its bytes`() async throws {
    let answer = try await complete(
      ["prompt": "a", "logprobs": 0, "max_tokens": 9], server: TestServer(saying: "é!")
    ).json
    let logprobs = try #require(answer["choices"]?.array?.first?["logprobs"])
    #expect(
      logprobs["tokens"]?.array?.prefix(3) == ["bytes:\\xc3", "bytes:\\xa9", "!"])
    #expect(logprobs["text_offset"]?.array?.prefix(3) == [0, 1, 1])
  }

  @Test(arguments: [(0, ""), (1, "lo"), (3, "lolo!")])
  func `A stop string ends nothing before the fewest tokens are there`(
    _ least: Int, _ text: String
  ) async throws {
    let members: JSON = ["prompt": "a", "stop": "l", "min_tokens": .integer(least)]
    let answer = try await complete(members, server: TestServer(saying: "lolo!")).json
    #expect(answer["choices"]?.array?.first?["text"] == .string(text))
  }

  @Test func `A stop string ends a continuation before it`() async throws {
    let answer = try await complete(["prompt": "a", "stop": "o!"]).json
    #expect(answer["choices"]?.array?.first?["text"] == "l")
    #expect(answer["choices"]?.array?.first?["finish_reason"] == "stop")
  }

  @Test(arguments: [
    (#"{}"#, "prompt"), (#"{"prompt": []}"#, "prompt"), (#"{"prompt": ""}"#, "prompt"),
    (#"{"prompt": 3}"#, "prompt"), (#"{"prompt": [1, "a"]}"#, "prompt[1]"),
    (#"{"prompt": [[1], [262]]}"#, "prompt[1][0]"), (#"{"prompt": "a", "suffix": "b"}"#, "suffix"),
    (#"{"prompt": "a", "best_of": 2}"#, "best_of"),
    (#"{"prompt": "a", "logprobs": true}"#, "logprobs"),
    (#"{"prompt": "a", "max_tokens": -2}"#, "max_tokens"),
    (#"{"prompt": "a", "messages": []}"#, "messages"),
    (#"{"prompt": "a", "n": 129}"#, "n"),
  ])
  func `What can't be done is refused by name`(body: String, parameter: String) async throws {
    let response = try await complete(JSON(parsing: body))
    #expect(response.status == .badRequest)
    #expect(try response.error["param"]?.string == parameter)
  }

  @Test func `A prompt over the context is refused, and nothing of its batch runs`() async throws {
    let gate = Gate()
    let server = try TestServer(contextSize: 16, beforeStep: { _ in gate.pass() })
    let long = JSON.string(String(repeating: "a", count: 20))
    let response = try await complete(["prompt": ["a", long]], server: server)
    #expect(response.status == .badRequest)
    #expect(try response.error["param"]?.string == "prompt")
    #expect(try response.error["code"]?.string == "context_length_exceeded")
    gate.open()
    while server.engine.status.cancelled == 0, server.engine.status.finished == 0 {
      try await Task.sleep(for: .milliseconds(2))
    }
    #expect(server.engine.status.finished == 0)
  }
}

/// Several answers to one conversation.
@Suite(.timeLimit(.minutes(30))) struct ChoiceTests {
  @Test func `Each choice is an answer of its own`() async throws {
    try await TestServer(saying: "Hi!").run { client in
      let answer = try await client.chat(question("Hello", ["n": 3])).json
      let choices = answer["choices"]?.array ?? []
      #expect(choices.compactMap { $0["index"]?.integer } == [0, 1, 2])
      #expect(choices.allSatisfy { $0["message"]?["content"] == "Hi!" })
      let one = try await client.chat(question("Hello")).json
      #expect(answer["usage"]?["prompt_tokens"] == one["usage"]?["prompt_tokens"])
      #expect(answer["usage"]?["completion_tokens"]?.integer == 12)
    }
  }

  @Test func `A stream of several begins and ends each of them once`() async throws {
    try await TestServer(saying: "Hi!").run { client in
      let body = question(
        "Hello", ["n": 3, "stream": true, "stream_options": ["include_usage": true]])
      let frames = try await client.chat(body).frames
      for index in 0..<3 { expectOnce("Hi!", choice: index, in: frames) }
      #expect(frames.last?["choices"]?.array?.isEmpty == true)
      #expect(frames.last?["usage"]?["completion_tokens"]?.integer == 12)
      #expect(frames.count { $0["timings"] != nil } == 2)
    }
  }

  private func expectOnce(_ text: String, choice: Int, in frames: [JSON]) {
    let parts = frames.compactMap { $0["choices"]?.array?.first }
      .filter { $0["index"]?.integer == choice }
    #expect(parts.count { $0["delta"]?["role"] != nil } == 1)
    #expect(parts.count { $0["finish_reason"]?.isNull == false } == 1)
    #expect(parts.compactMap { $0["delta"]?["content"]?.string }.joined() == text)
  }

  @Test func `Choices have names of their own, and one by which all are found`() async throws {
    let server = try TestServer(
      beforeStep: { _ in Thread.sleep(forTimeInterval: 0.005) },
      respond: { _ in String(repeating: "a", count: 2000) })
    let conversation = Conversation(
      messages: [["role": "user", "content": "a"]], sampling: server.served.traits.sampling)
    let choices = try server.served.begin(conversation, choices: 2, id: "x", client: "")
    #expect(choices.answers.map(\.id) == ["x/0", "x/1"])
    #expect(server.engine.cancel(id: "x"))
  }

  @Test func `Cancel by id ends all choices`() async throws {
    let server = try TestServer(
      beforeStep: { _ in Thread.sleep(forTimeInterval: 0.005) },
      respond: { _ in String(repeating: "a", count: 2000) })
    try await server.run { client in
      async let answer = client.chat(question("Hello", ["n": 2]))
      while server.engine.status.steps < 10 { try await Task.sleep(for: .milliseconds(2)) }
      let response = try await client.post("/v1/cancel", #"{"id": "chatcmpl-test"}"#)
      #expect(try response.json["cancelled_count"]?.integer == 1)
      #expect(try await answer.json["cancelled"]?.bool == true)
    }
    #expect(server.engine.status.cancelled == 2)
  }

  @Test func `Prompt progress is told to clients that ask`() async throws {
    try await TestServer(saying: "Hi!").run { client in
      let body = question("Hello", ["stream": true, "return_progress": true])
      let frames = try await client.chat(body).frames
      let progress = frames.compactMap { $0["prompt_progress"] }
      #expect(progress.last?["processed"] == progress.last?["total"])
      #expect(!progress.isEmpty && frames[0]["choices"]?.array?.isEmpty == true)
      let plain = try await client.chat(question("Hello", ["stream": true])).frames
      #expect(plain.allSatisfy { $0["prompt_progress"] == nil })
    }
  }
}
