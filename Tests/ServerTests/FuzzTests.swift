import Foundation
import JSON
import Testing

@testable import Server

/// Requests that nobody should send: never a 5xx, never a hang, always an error in the API's shape.
@Suite(.timeLimit(.minutes(30))) struct FuzzTests {
  /// A request with most fields in it, from which the broken ones are made.
  private static let seed: JSON = [
    "model": "m", "temperature": 0.5, "top_p": 0.9, "top_k": 5, "min_p": 0.1, "seed": 1,
    "max_tokens": 3, "stop": ["x"], "stream": true, "stream_options": ["include_usage": true],
    "presence_penalty": 0.1, "logit_bias": ["5": 1], "logprobs": true, "top_logprobs": 2,
    "parallel_tool_calls": true, "tool_choice": "auto", "user": "u",
    "chat_template_kwargs": ["enable_thinking": false],
    "tools": [
      [
        "type": "function",
        "function": ["name": "f", "description": "d", "parameters": ["type": "object"]],
      ]
    ],
    "messages": [
      ["role": "system", "content": "s"],
      ["role": "user", "content": [["type": "text", "text": "a"]]],
      [
        "role": "assistant", "content": nil,
        "tool_calls": [
          ["id": "c", "type": "function", "function": ["name": "f", "arguments": "{}"]]
        ],
      ],
      ["role": "tool", "tool_call_id": "c", "content": "r"],
      ["role": "user", "content": "b"],
    ],
  ]

  private static let strangers: [JSON] = [
    nil, true, false, 0, -1, 1, 1e308, -0.5, .number(.nan), .number(.infinity), .integer(.max),
    .integer(.min), "", "\u{0}", "<|im_end|>", "💩", .string(String(repeating: "z", count: 5000)),
    [], [[]], [nil], ["a", 1], .object(JSONObject()), ["a": ["b": nil]], ["type": "text"],
  ]

  @Test func `A request with anything anywhere is answered or refused, never dropped`() async throws
  {
    let server = try TestServer(saying: "a<tool_call>\n{}</tool_call>")
    try await server.run { client in
      var dice = Dice(state: 1)
      for _ in 0..<600 {
        var body = Self.seed
        for _ in 0..<dice.next(upTo: 3) + 1 { body = mutated(body, &dice) }
        try await expectAnswer(client, body.text())
      }
    }
  }

  @Test func `A body cut or garbled at any byte is answered or refused`() async throws {
    let server = try TestServer()
    try await server.run { client in
      var dice = Dice(state: 2)
      let bytes = Array(Self.seed.text().utf8)
      for _ in 0..<300 {
        var broken = bytes
        switch dice.next(upTo: 3) {
        case 0: broken.removeLast(dice.next(upTo: broken.count))
        case 1: broken[dice.next(upTo: broken.count)] = UInt8(dice.next(upTo: 256))
        default: broken.insert(UInt8(dice.next(upTo: 256)), at: dice.next(upTo: broken.count))
        }
        try await expectAnswer(client, String(decoding: broken, as: UTF8.self))
      }
    }
  }

  @Test(arguments: ["[", "{\"a\":", "{\"messages\":[{\"content\":["])
  func `Nesting without end is refused`(opening: String) async throws {
    try await TestServer().run { client in
      try await expectAnswer(client, String(repeating: opening, count: 100_000))
    }
  }

  private static let responseSeed: JSON = [
    "model": "m", "instructions": "s", "max_output_tokens": 3, "temperature": 0.5, "top_p": 0.9,
    "stream": true, "store": true, "metadata": ["a": "b"], "top_logprobs": 1,
    "include": ["message.output_text.logprobs"], "reasoning": ["effort": "low"],
    "text": ["format": ["type": "text"]], "tool_choice": "auto", "parallel_tool_calls": true,
    "tools": [["type": "function", "name": "f", "parameters": ["type": "object"]]],
    "input": [
      ["role": "user", "content": [["type": "input_text", "text": "a"]]],
      ["type": "reasoning", "id": "r", "summary": []],
      ["type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"],
      ["type": "function_call_output", "call_id": "c", "output": "r"],
      ["type": "item_reference", "id": "x"],
    ],
  ]

  private static let messageSeed: JSON = [
    "model": "m", "max_tokens": 3, "temperature": 0.5, "top_k": 5, "stop_sequences": ["x"],
    "stream": true, "system": [["type": "text", "text": "s"]], "metadata": ["user_id": "u"],
    "thinking": ["type": "enabled", "budget_tokens": 1024], "tool_choice": ["type": "auto"],
    "tools": [["name": "f", "input_schema": ["type": "object"]]],
    "messages": [
      ["role": "user", "content": [["type": "text", "text": "a"]]],
      [
        "role": "assistant",
        "content": [
          ["type": "thinking", "thinking": "t", "signature": "s"],
          ["type": "tool_use", "id": "c", "name": "f", "input": .object(JSONObject())],
        ],
      ],
      [
        "role": "user",
        "content": [["type": "tool_result", "tool_use_id": "c", "content": "r"]],
      ],
    ],
  ]

  @Test(arguments: [("/v1/responses", responseSeed), ("/v1/messages", messageSeed)])
  func `The other APIs answer or refuse as well`(path: String, seed: JSON) async throws {
    let server = try TestServer(saying: "a<tool_call>\n{}</tool_call>")
    try await server.run { client in
      var dice = Dice(state: 3)
      for _ in 0..<300 {
        var body = seed
        for _ in 0..<dice.next(upTo: 3) + 1 { body = mutated(body, &dice) }
        try await expectAnswer(client, body.text(), at: path)
      }
    }
  }

  private func expectAnswer(
    _ client: RouterClient, _ body: String, at path: String = "/v1/chat/completions"
  ) async throws {
    let response = try await client.post(path, body)
    if response.status == .ok { return }
    #expect(response.status == .badRequest, "\(response.status) for \(body.prefix(2000))")
    let error = try response.error
    #expect(error["message"]?.string?.isEmpty == false, "for \(body.prefix(2000))")
  }

  /// The value with one part of it, chosen at random, replaced, removed or renamed.
  private func mutated(_ value: JSON, _ dice: inout Dice) -> JSON {
    switch value {
    case .object(let object) where !object.isEmpty && dice.next(upTo: 8) > 0:
      var object = object
      let key = object.keys[dice.next(upTo: object.count)]
      switch dice.next(upTo: 10) {
      case 0: object[key] = nil
      case 1: object[key + "s"] = object[key]
      default: object[key] = mutated(object[key] ?? .null, &dice)
      }
      return .object(object)
    case .array(var array) where !array.isEmpty && dice.next(upTo: 8) > 0:
      let index = dice.next(upTo: array.count)
      switch dice.next(upTo: 10) {
      case 0: array.remove(at: index)
      case 1: array.append(array[index])
      default: array[index] = mutated(array[index], &dice)
      }
      return .array(array)
    default: return Self.strangers[dice.next(upTo: Self.strangers.count)]
    }
  }
}

/// A small generator of numbers that come out the same in every run.
private struct Dice {
  var state: UInt64

  mutating func next(upTo limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % max(1, limit)
  }
}
