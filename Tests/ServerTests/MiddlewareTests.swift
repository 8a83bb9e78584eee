import HTTPTypes
import Hummingbird
import JSON
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Synchronization
import Testing

@testable import Server

/// What every request passes on its way: its name, its origin, its line in the log.
@Suite(.timeLimit(.minutes(30))) struct MiddlewareTests {
  private static let lent = HTTPField.Name("x-request-id") ?? .server

  // MARK: Names

  @Test func `A response carries the name its client gave the request`() async throws {
    try await TestServer().run { client in
      for path in ["/health", "/nowhere"] {
        let response = try await client.get(path, headers: [Self.lent: "trace-1.2:3_x"])
        #expect(response.headers[Self.lent] == "trace-1.2:3_x")
      }
    }
  }

  @Test(arguments: [nil, "", "two words", "line\tfeed", String(repeating: "a", count: 129), "é"])
  func `A request without a usable name is given one`(name: String?) async throws {
    try await TestServer().run { client in
      var headers: HTTPFields = [:]
      headers[Self.lent] = name
      let response = try await client.get("/v1/models", headers: headers)
      let made = try #require(response.headers[Self.lent])
      #expect(made.hasPrefix("req_") && made.count == 28)
    }
  }

  // MARK: Origins

  @Test(arguments: [
    "http://localhost:3000", "https://127.0.0.1", "http://[::1]:80", "tauri://localhost",
    "http://tauri.localhost", "https://chat.example.com", "HTTPS://Chat.example.com",
  ])
  func `Pages of this machine and those that were named may read answers`(origin: String)
    async throws
  {
    var server = try TestServer()
    server.configuration.origins.allowed = ["https://chat.example.com"]
    server.configuration.apiKeys = ["secret"]
    try await server.run { client in
      let asked = try await client.execute(
        uri: "/v1/chat/completions", method: .options,
        headers: [
          .origin: origin, .accessControlRequestMethod: "POST",
          .accessControlRequestHeaders: "authorization, content-type",
        ])
      #expect(asked.status == .noContent)
      #expect(asked.headers[.accessControlAllowOrigin] == origin)
      #expect(asked.headers[.accessControlAllowHeaders] == "authorization, content-type")
      let response = try await client.get(
        "/v1/models", headers: [.origin: origin, .authorization: "Bearer secret"])
      #expect(response.status == .ok)
      #expect(response.headers[.accessControlAllowOrigin] == origin)
      #expect(response.headers[.vary] == "origin")
    }
  }

  @Test(arguments: [
    "https://evil.example", "https://localhost.evil.example", "null", "nonsense", "",
    "https://chat.example.com:8443",
  ])
  func `Other pages are sent away before any work`(origin: String) async throws {
    var server = try TestServer()
    server.configuration.origins.allowed = ["https://chat.example.com"]
    try await server.run { client in
      let response = try await client.chat(question(), headers: [.origin: origin])
      #expect(response.status == .forbidden)
      #expect(try response.error["code"]?.string == "origin_not_allowed")
      #expect(response.headers[.accessControlAllowOrigin] == nil)
    }
    #expect(server.engine.status.steps == 0)
  }

  @Test func `A page may use the host it came from, if a name can't be made up for that`() {
    let loopback = OriginPolicy()
    #expect(!loopback.allows("http://evil.example:8080", host: "evil.example:8080"))
    #expect(loopback.allows("http://192.168.1.5:8080", host: "192.168.1.5:8080"))
    let open = OriginPolicy(isLoopbackOnly: false)
    #expect(open.allows("http://server.lan:8080", host: "Server.lan:8080"))
    #expect(!open.allows("http://server.lan:8081", host: "server.lan:8080"))
    #expect(OriginPolicy(allowed: ["*"]).allows("null", host: nil))
  }

  // MARK: Logs

  @Test func `A log line is one line, and says nothing of the request's content`() async throws {
    let lines = Lines()
    var logger = Logger(label: "test") { _ in LineLog(.json, write: lines.add) }
    logger.logLevel = .info
    try await TestServer(saying: "a secret answer").run(logger: logger) { client in
      let name: HTTPFields = [Self.lent: "r1"]
      _ = try await client.chat(question("my secret question"), headers: name)
      _ = try await client.get("/health", headers: name)
    }
    let entries = try lines.all.map { try JSON(parsing: $0) }
    #expect(entries.allSatisfy { $0["request_id"]?.string == "r1" })
    let messages = entries.compactMap { $0["message"]?.string }
    #expect(messages.contains("POST /v1/chat/completions 200"))
    #expect(!lines.all.joined().contains("secret"))
    #expect(!messages.contains { $0.contains("/health") })
  }

  @Test func `A line for people shows what belongs to it and hides line breaks`() {
    let lines = Lines()
    let logger = Logger(label: "test") { _ in LineLog(.text, write: lines.add) }
    logger.warning("two\nlines", metadata: ["b": "x", "a": .stringConvertible(1.5)])
    let line = lines.all.joined()
    #expect(line.hasSuffix(" warning two\\nlines a=1.5 b=x\n"))
  }

  @Test func `Numbers in JSON lines stay numbers`() throws {
    let lines = Lines()
    let logger = Logger(label: "test") { _ in LineLog(.json, write: lines.add) }
    logger.info("m", metadata: ["n": .stringConvertible(3), "list": ["a"], "map": ["k": "v"]])
    let entry = try JSON(parsing: lines.all.joined())
    #expect(entry["n"]?.integer == 3)
    #expect(entry["list"] == ["a"] && entry["map"]?["k"] == "v")
    #expect(entry["level"] == "info")
  }

  // MARK: Slow clients

  private static let limits = ConnectionDeadlines.Limits(
    head: .seconds(4), body: .seconds(5), stalledAnswer: .seconds(3))
  private static let head = HTTPRequestPart.head(
    HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"))

  @Test func `A head that doesn't come in time ends its connection, the first one and each after`()
    throws
  {
    let channel = EmbeddedChannel(handler: ConnectionDeadlines(Self.limits))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    for _ in 0..<2 {
      channel.embeddedEventLoop.advanceTime(by: .seconds(3))
      try channel.writeInbound(Self.head)
      try channel.writeInbound(HTTPRequestPart.end(nil))
      channel.embeddedEventLoop.advanceTime(by: .seconds(30))
      try channel.writeOutbound(HTTPResponsePart.end(nil))
    }
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(4))
    #expect(!channel.isActive)
  }

  @Test func `A body that takes too long ends its connection, however it trickles`() throws {
    let channel = EmbeddedChannel(handler: ConnectionDeadlines(Self.limits))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try channel.writeInbound(Self.head)
    for _ in 0..<4 {
      channel.embeddedEventLoop.advanceTime(by: .seconds(1))
      try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
    }
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
  }

  @Test func `A request that came whole may be worked on for as long as it takes`() throws {
    let channel = EmbeddedChannel(handler: ConnectionDeadlines(Self.limits))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try channel.writeInbound(Self.head)
    try channel.writeInbound(HTTPRequestPart.end(nil))
    channel.embeddedEventLoop.advanceTime(by: .hours(1))
    #expect(channel.isActive)
  }

  @Test func `A client that stops reading ends its connection, unless it goes on in time`() throws {
    let channel = EmbeddedChannel(handler: ConnectionDeadlines(Self.limits))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try channel.writeInbound(Self.head)
    try channel.writeInbound(HTTPRequestPart.end(nil))
    func stall(_ stalled: Bool) {
      channel.isWritable = !stalled
      channel.pipeline.fireChannelWritabilityChanged()
    }
    stall(true)
    channel.embeddedEventLoop.advanceTime(by: .seconds(2))
    stall(false)
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(channel.isActive)
    stall(true)
    channel.embeddedEventLoop.advanceTime(by: .seconds(3))
    #expect(!channel.isActive)
  }

  @Test func `Bodies that are too much together are refused until others are done`() async throws {
    let budget = BodyBudget(limit: 10)
    func collect(
      _ text: String, upTo size: Int, share: BodyBudget.Share = BodyBudget.Share(), values: Int = 0
    ) async throws -> Int {
      var request = Request(
        head: HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/"),
        body: RequestBody(buffer: ByteBuffer(string: text)))
      return try await budget.withBody(of: &request, upTo: size, share: share) {
        try share.take(values, of: budget)
        return $0.readableBytes
      }
    }
    for _ in 0..<3 { #expect(try await collect("12345678", upTo: 8) == 8) }
    await #expect(throws: APIError.bodyTooLarge(limit: 8)) {
      try await collect("123456789", upTo: 8)
    }
    await #expect(throws: APIError.bodyTakesTooMuch(11, limit: 10)) {
      try await collect("12345678901", upTo: 20)
    }
    await #expect(throws: APIError.bodyTakesTooMuch(12, limit: 10)) {
      try await collect("12345678", upTo: 8, values: 4)
    }
    #expect(budget.usedBytes == 0)
    // What a body's values take is gone with its request, and not before.
    var first: BodyBudget.Share? = BodyBudget.Share()
    #expect(try await collect("1234", upTo: 8, share: first ?? BodyBudget.Share(), values: 5) == 4)
    #expect(budget.usedBytes == 5)
    await #expect {
      try await collect("123456", upTo: 8)
    } throws: {
      ($0 as? APIError)?.status == .serviceUnavailable
    }
    first = nil
    #expect(try await collect("123456", upTo: 8) == 6)
  }

  @Test func `A request takes less once its prompt is made`() throws {
    let body = try JSON(parsing: #"{"prompt": "\#(String(repeating: "a", count: 1000))"}"#)
    let cost = RequestCost(body, bodyBytes: 1014)
    #expect(cost.preparing > 12_000 && (2000...3000).contains(cost.answering))
    let budget = BodyBudget(limit: cost.preparing)
    var share: BodyBudget.Share? = BodyBudget.Share()
    try share?.take(cost, of: budget)
    #expect(budget.usedBytes == cost.preparing)
    for _ in 0..<2 { share?.endPreparing() }
    #expect(budget.usedBytes == cost.answering)
    share = nil
    #expect(budget.usedBytes == 0)
  }
}

/// Collects what a log writes.
private final class Lines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  @Sendable func add(_ line: String) { lines.withLock { $0.append(line) } }
}
