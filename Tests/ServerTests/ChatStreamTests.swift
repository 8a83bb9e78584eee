import Foundation
import JSON
import Logging
import Runtime
import TestSupport
import Testing

@testable import Server

/// What an answer looks like on the wire, streamed and whole.
@Suite(.timeLimit(.minutes(30))) struct ChatStreamTests {
  private static let call = """
    <tool_call>
    {"name": "f", "arguments": {"x": 1}}
    </tool_call>
    """
  private static let tools: JSON = [
    ["type": "function", "function": ["name": "f", "parameters": ["type": "object"]]]
  ]

  static let cases = [
    StreamCase(name: "plain", answer: "Hé✓"),
    StreamCase(name: "empty", answer: ""),
    StreamCase(name: "length", answer: "Hello there", members: ["max_tokens": 3]),
    StreamCase(name: "stop", answer: "one, two, three", members: ["stop": [", th", "zz"]]),
    StreamCase(name: "reasoning", answer: "<think>\nhm\n</think>\n\nok"),
    StreamCase(name: "tool call", answer: call, members: ["tools": tools]),
    StreamCase(
      name: "text and two tool calls", answer: "So: \(call)\n\(call)", members: ["tools": tools]),
    StreamCase(
      name: "one tool call at a time", answer: "\(call)\n\(call)",
      members: ["tools": tools, "parallel_tool_calls": false]),
    StreamCase(
      name: "tool call without tools", answer: call,
      members: ["tools": tools, "tool_choice": "none"]),
    StreamCase(name: "logprobs", answer: "ab", members: ["logprobs": true, "top_logprobs": 1]),
  ]

  private func ask(_ test: StreamCase, stream: Bool, options: JSON = .null) async throws
    -> TestResponse
  {
    var members = test.members.object ?? JSONObject()
    members["stream"] = .bool(stream)
    members["stream_options"] = options
    let body = question("Hello", .object(members))
    return try await test.server().run { try await $0.chat(body) }
  }

  /// Answers with a call that isn't one in the end: its text is shown, and only a client that
  /// streams has seen it begin.
  static let voidCalls = [
    StreamCase(name: "call cut off", answer: call, members: ["tools": tools, "max_tokens": 36]),
    StreamCase(
      name: "broken call", answer: #"<tool_call>{"name": "f", "arguments": {"x" 1}}</tool_call>"#,
      members: ["tools": tools], isBroken: true),
    StreamCase(
      name: "call of an unknown tool", answer: call.replacing("\"f\"", with: "\"g\""),
      members: ["tools": tools], isBroken: true),
  ]

  @Test(arguments: cases + voidCalls)
  func `A stream is byte for byte what it was`(test: StreamCase) async throws {
    let response = try await ask(test, stream: true)
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "text/event-stream")
    try expectGolden("stream \(test.name)", response.text)
  }

  @Test(arguments: cases + voidCalls)
  func `A whole answer is byte for byte what it was`(test: StreamCase) async throws {
    let response = try await ask(test, stream: false)
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "application/json")
    try expectGolden("whole \(test.name)", response.text)
  }

  @Test(arguments: cases)
  func `The chunks of a stream fold to the whole answer`(test: StreamCase) async throws {
    let whole = try await ask(test, stream: false).json
    var folded = FoldedStream()
    for chunk in try await ask(test, stream: true).frames { folded.append(chunk) }
    let choice = try #require(whole["choices"]?.array?.first)
    #expect(withoutChance(folded.message.text()) == withoutChance(choice["message"]?.text() ?? ""))
    #expect(folded.finish == choice["finish_reason"])
    #expect(folded.logprobs == choice["logprobs"]?["content"]?.array ?? [])
    #expect(folded.usage == whole["usage"])
  }

  @Test(arguments: [
    ("asked", #"{"include_usage": true}"#), ("declined", #"{"include_usage": false}"#),
    ("continuous", #"{"include_usage": true, "continuous_usage_stats": true}"#),
  ])
  func `Usage stands where it was asked for`(name: String, options: String) async throws {
    let response = try await ask(Self.cases[0], stream: true, options: JSON(parsing: options))
    try expectGolden("stream usage \(name)", response.text)
  }

  /// A stream about to begin, and the server that it belongs to.
  private func emptyStream() throws -> (AnswerFrames<ChatWire>, TestServer) {
    let server = try TestServer()
    let request = try ChatRequest(question("Hello", ["stream": true]), traits: server.served.traits)
    let choices = try server.served.begin(
      request.conversation, choices: 1, id: "chatcmpl-1", client: "")
    let report = AnswerReport(id: "chatcmpl-1", logger: Logger(label: "test"))
    let writer = ChatWriter(
      id: "chatcmpl-1", created: 0, model: "letters", fingerprint: "f", usage: .onLastChunk)
    return (AnswerFrames(choices, wire: ChatWire(writer), report: report), server)
  }

  @Test func `No frame comes before the first token, only comments`() throws {
    var (stream, _) = try emptyStream()
    func text(_ pulse: Pulse<(Int, GenerationEvent)>) -> String {
      stream.take(pulse).map { String(buffer: $0) }.joined()
    }
    #expect(text(.silence) == ": waiting\n\n")
    #expect(text(.element((0, .prefill(done: 3, total: 9)))).isEmpty)
    #expect(text(.silence) == ": prompt 3/9\n\n")
    #expect(text(.element((0, .token(GeneratedToken(id: 72))))).contains(#""role":"assistant""#))
  }

  @Test func `Silence is noticed, and ends when all choices have`() async throws {
    let feed = AnswerFeed(choices: 2)
    feed.pulse(every: .milliseconds(1))
    var pulses = feed.pulses.makeAsyncIterator()
    guard case .silence = await pulses.next() else { return #expect(Bool(false)) }
    for choice in [1, 0] {
      feed.sink(for: choice)(.token(GeneratedToken(id: 7)))
      feed.sink(for: choice)(.failed(GenerationFailure(reason: "enough")))
    }
    var heard: [Int] = []
    while let pulse = await pulses.next() {
      if case .element((let choice, _)) = pulse { heard.append(choice) }
    }
    #expect(heard == [1, 1, 0, 0])
  }

  @Test(arguments: ["stops listening", "never listens"])
  func `Who no longer listens ends what is listened to`(_ way: String) async throws {
    let gate = Gate()
    let server = try TestServer(
      beforeStep: { _ in gate.pass() }, respond: { _ in String(repeating: "a", count: 200) })
    let served = server.served
    let request = try ChatRequest(question("Hello"), traits: served.traits)
    func begin() throws -> Choices {
      try served.begin(request.conversation, id: "chatcmpl-1", client: "")
    }
    if way == "never listens" {
      _ = try begin()
    } else {
      let choices = try begin()
      let task = Task { for await _ in choices.feed.pulses {} }
      task.cancel()
      await task.value
    }
    gate.open()
    func ended() -> Int { server.engine.status.cancelled + server.engine.status.finished }
    while ended() == 0 { try await Task.sleep(for: .milliseconds(2)) }
    #expect(server.engine.status.cancelled == 1)
  }

  @Test func `A failure in mid-stream is an error frame, and the stream ends as streams do`() throws
  {
    var (stream, _) = try emptyStream()
    let failure = GenerationEvent.failed(GenerationFailure(reason: "no memory"))
    let text = stream.take(.element((0, failure))).map { String(buffer: $0) }.joined()
    #expect(stream.isFinished)
    #expect(
      text == """
        data: {"error":{"message":"no memory","type":"server_error","param":null,"code":"internal_error"}}

        data: [DONE]


        """)
  }

  @Test func `Answers that run at once don't mix`() async throws {
    let server = try TestServer(
      parallel: 4, respond: { prompt in String(prompt.split(separator: "#")[1]) })
    try await server.run { client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<12 {
          group.addTask {
            let text = "answer \(number) " + String(repeating: "\(number)", count: 20 + number)
            let whole = try await client.chat(question("#\(text)#")).json
            #expect(whole["choices"]?.array?[0]["message"]?["content"]?.string == text)
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(server.model.violations.isEmpty)
  }
}

/// A stream's chunks put together the way clients do it.
private struct FoldedStream {
  var content: String?
  var reasoning: String?
  var calls: [Int: (id: JSON, name: JSON, arguments: String)] = [:]
  var finish: JSON?
  var usage: JSON?
  var logprobs: [JSON] = []

  mutating func append(_ chunk: JSON) {
    if let usage = chunk["usage"] { self.usage = usage }
    guard let choice = chunk["choices"]?.array?.first else { return }
    if let text = choice["delta"]?["content"]?.string { content = (content ?? "") + text }
    if let text = choice["delta"]?["reasoning_content"]?.string {
      reasoning = (reasoning ?? "") + text
    }
    logprobs += choice["logprobs"]?["content"]?.array ?? []
    finish = choice["finish_reason"]
    for call in choice["delta"]?["tool_calls"]?.array ?? [] { append(call: call) }
  }

  private mutating func append(call: JSON) {
    let index = call["index"]?.integer ?? -1
    var known = calls[index] ?? (.null, .null, "")
    if let id = call["id"] { known.id = id }
    if let name = call["function"]?["name"] { known.name = name }
    known.arguments += call["function"]?["arguments"]?.string ?? ""
    calls[index] = known
  }

  /// The message that the whole answer should hold.
  var message: JSON {
    var message = JSONObject([(key: "role", value: "assistant")])
    message["content"] = content.map(JSON.string) ?? (calls.isEmpty ? "" : .null)
    message["refusal"] = .null
    if let reasoning { message["reasoning_content"] = .string(reasoning) }
    if !calls.isEmpty {
      message["tool_calls"] = .array(
        calls.sorted { $0.key < $1.key }.map { _, call in
          [
            "id": call.id, "type": "function",
            "function": ["name": call.name, "arguments": .string(call.arguments)],
          ]
        })
    }
    return .object(message)
  }
}
