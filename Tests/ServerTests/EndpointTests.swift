import Foundation
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import Server

/// Paths, methods, keys and the shape of every refusal.
@Suite(.timeLimit(.minutes(30))) struct EndpointTests {
  /// Checks the four members that every error of the API has.
  private func expectError(
    _ response: TestResponse, _ status: HTTPResponse.Status, code: String, parameter: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(response.status == status, sourceLocation: sourceLocation)
    #expect(
      response.headers[.contentType] == "application/json", sourceLocation: sourceLocation)
    let error = try #require(try response.error.object, sourceLocation: sourceLocation)
    #expect(error.keys == ["message", "type", "param", "code"], sourceLocation: sourceLocation)
    #expect(error["code"]?.string == code, sourceLocation: sourceLocation)
    #expect(error["param"]?.string == parameter, sourceLocation: sourceLocation)
    #expect(error["message"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
  }

  // MARK: Health and models

  @Test func `Health is 503 while the model loads and 200 after`() async throws {
    var server = try TestServer()
    try await server.run { client in
      let response = try await client.get("/health")
      #expect(response.status == .ok)
      #expect(response.text == #"{"status":"ok"}"#)
    }
    server.isLoaded = false
    try await server.run { client in
      let response = try await client.get("/health")
      #expect(response.status == .serviceUnavailable)
      #expect(response.text == #"{"status":"loading"}"#)
    }
  }

  @Test func `A request that comes while the model loads is told to wait`() async throws {
    var server = try TestServer()
    server.isLoaded = false
    try await server.run { client in
      let response = try await client.chat(question())
      try expectError(response, .serviceUnavailable, code: "model_loading")
      #expect(response.headers[.retryAfter] == "1")
    }
  }

  @Test(arguments: ["/v1/models", "/models"])
  func `The model is listed`(path: String) async throws {
    try await TestServer().run { client in
      let response = try await client.get(path)
      #expect(
        response.text
          == #"{"object":"list","data":[{"id":"letters","object":"model","created":1700000000,"owned_by":"mlx"}]}"#
      )
    }
  }

  @Test func `One model is found by its id, which may hold a slash`() async throws {
    var server = try TestServer()
    server.configuration.modelID = "org/letters"
    try await server.run { client in
      for path in ["/v1/models/org/letters", "/v1/models/org%2Fletters"] {
        let found = try await client.get(path)
        #expect(try found.json["id"]?.string == "org/letters")
      }
      try expectError(
        try await client.get("/v1/models/other"), .notFound, code: "model_not_found",
        parameter: "model")
    }
  }

  // MARK: Routing

  @Test func `An unknown path is a 404 that names the known ones`() async throws {
    try await TestServer().run { client in
      let response = try await client.get("/v2/chat")
      try expectError(response, .notFound, code: "unknown_url")
      #expect(response.text.contains("/v1/chat/completions"))
    }
  }

  @Test func `A wrong method is a 405 that names the right one`() async throws {
    try await TestServer().run { client in
      let response = try await client.get("/v1/chat/completions")
      try expectError(response, .methodNotAllowed, code: "method_not_allowed")
      #expect(response.headers[.allow] == "POST")
      let head = try await client.execute(uri: "/health", method: .head)
      #expect(head.status == .ok)
    }
  }

  // MARK: Keys

  @Test(arguments: [
    nil, "Bearer wrong", "Bearer ", "secret", "Bearer secretsecret", "Basic secret",
    "Bearer secre",
  ])
  func `Without the key everything but health is closed`(authorization: String?) async throws {
    var server = try TestServer()
    server.configuration.apiKeys = ["secret", "other"]
    try await server.run { client in
      var headers: HTTPFields = [:]
      headers[.authorization] = authorization
      for path in ["/v1/models", "/nowhere"] {
        let response = try await client.get(path, headers: headers)
        try expectError(response, .unauthorized, code: "invalid_api_key")
        #expect(response.headers[.wwwAuthenticate] == "Bearer")
      }
      #expect(try await client.chat(question(), headers: headers).status == .unauthorized)
      #expect(try await client.post("/v1/cancel", "", headers: headers).status == .unauthorized)
      #expect(try await client.get("/health", headers: headers).status == .ok)
    }
  }

  @Test func `A key may come as Anthropic's clients send it`() async throws {
    var server = try TestServer()
    server.configuration.apiKeys = ["secret"]
    let header = try #require(HTTPField.Name("x-api-key"))
    try await server.run { client in
      #expect(try await client.get("/v1/models", headers: [header: "secret"]).status == .ok)
      let response = try await client.get("/v1/models", headers: [header: "wrong"])
      try expectError(response, .unauthorized, code: "invalid_api_key")
    }
  }

  @Test(arguments: ["Bearer secret", "bearer other"])
  func `Any of the keys opens the server`(authorization: String) async throws {
    var server = try TestServer()
    server.configuration.apiKeys = ["secret", "other"]
    try await server.run { client in
      let headers: HTTPFields = [.authorization: authorization]
      let list = try await client.get("/v1/models", headers: headers)
      let answer = try await client.chat(question(), headers: headers)
      #expect(list.status == .ok && answer.status == .ok)
    }
  }

  // MARK: Bodies

  @Test(arguments: ["", "{", "[1, 2]", "null", "{\"messages\": [}", "\u{FEFF}{}", "{} x"])
  func `A body that isn't a JSON object is a 400`(body: String) async throws {
    try await TestServer().run { client in
      let response = try await client.post("/v1/chat/completions", body)
      #expect(response.status == .badRequest)
      #expect(try response.error["type"]?.string == "invalid_request_error")
    }
  }

  @Test func `A refused field is named on the wire`() async throws {
    try await TestServer().run { client in
      let response = try await client.chat(question("Hi", ["temperature": "hot"]))
      try expectError(response, .badRequest, code: "invalid_type", parameter: "temperature")
      #expect(
        response.text
          == #"{"error":{"message":"'temperature' must be a number, not a string.","type":"invalid_request_error","param":"temperature","code":"invalid_type"}}"#
      )
    }
  }

  @Test func `A body over the limit is a 413`() async throws {
    var server = try TestServer()
    server.configuration.bodyLimit = 1 << 20
    try await server.run { client in
      let response = try await client.chat(question(String(repeating: "a", count: 1 << 20)))
      try expectError(response, .contentTooLarge, code: "body_too_large")
    }
  }

  @Test func `A prompt over the context is a 400 before any work`() async throws {
    let server = try TestServer(contextSize: 64)
    try await server.run { client in
      for stream in [false, true] {
        let body = question(String(repeating: "a", count: 100), ["stream": .bool(stream)])
        try expectError(
          try await client.chat(body), .badRequest, code: "context_length_exceeded",
          parameter: "messages")
      }
    }
    #expect(server.engine.status.steps == 0)
  }

  @Test func `When the queue is full a request is sent away with a time to come back`() async throws
  {
    let gate = Gate()
    let server = try TestServer(parallel: 1, queueLimit: 0, beforeStep: { _ in gate.pass() })
    try await server.run { client in
      async let first = client.chat(question("long"))
      defer { gate.open() }
      while server.engine.status.waiting == 0 { try await Task.sleep(for: .milliseconds(2)) }
      let second = try await client.chat(question("late"))
      try expectError(second, .tooManyRequests, code: "queue_full")
      #expect(Int(second.headers[.retryAfter] ?? "") ?? 0 >= 1)
      gate.open()
      #expect(try await first.status == .ok)
    }
  }

  // MARK: Cancel

  @Test(arguments: ["", "{}"])
  func `Cancel says when nothing runs`(body: String) async throws {
    try await TestServer().run { client in
      let response = try await client.post("/v1/cancel", body)
      #expect(response.text == #"{"status":"no_active_generation","cancelled_count":0}"#)
    }
  }

  @Test(arguments: ["{}", #"{"id": "chatcmpl-test"}"#])
  func `Cancel ends a running answer, and what was said stays`(body: String) async throws {
    let gate = Gate()
    let server = try TestServer(
      beforeStep: { _ in gate.pass() }, respond: { _ in String(repeating: "a", count: 2000) })
    try await server.run { client in
      gate.allow(10)
      defer { gate.open() }
      async let answer = client.chat(question())
      while server.engine.status.steps < 10 { try await Task.sleep(for: .milliseconds(2)) }
      let other = try await client.post("/v1/cancel", #"{"id": "chatcmpl-other"}"#)
      #expect(try other.json["cancelled_count"]?.integer == 0)
      let response = try await client.post("/v1/cancel", body)
      #expect(response.text == #"{"status":"cancelled","cancelled_count":1}"#)
      gate.open()
      let whole = try await answer.json
      #expect(whole["cancelled"]?.bool == true)
      #expect(whole["choices"]?.array?[0]["finish_reason"]?.string == "stop")
      #expect(whole["choices"]?.array?[0]["message"]?["content"]?.string?.hasPrefix("aaa") == true)
    }
  }

  @Test func `Cancel refuses what it doesn't know`() async throws {
    try await TestServer().run { client in
      try expectError(
        try await client.post("/v1/cancel", #"{"ids": 1}"#), .badRequest,
        code: "unknown_parameter", parameter: "ids")
      try expectError(
        try await client.post("/v1/cancel", #"{"id": 1}"#), .badRequest, code: "invalid_type",
        parameter: "id")
    }
  }
}
