import Chat
import Foundation
import Hummingbird
import JSON
import Logging
import Runtime

@testable import Server

/// A server without a socket over a model that says what a test wants.
///
/// Its tokenizer knows single bytes and six tags, so an answer's chunks are its letters.
struct TestServer: Sendable {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")
  static let vocabulary = 262

  let chat: ChatModel
  let engine: Engine
  let model: ScriptedModel
  let tokenizerConfiguration: JSONObject?
  var configuration: ServerConfiguration
  var isLoaded = true
  /// Off for models that are to get a call wrong.
  var constrainsCalls = true
  /// - Parameters:
  ///   - contextSize, parallel, queueLimit: the engine's.
  ///   - beforeStep: called before each step of the model; slows it down.
  ///   - respond: what the model says to a prompt.
  ///   - directory: the model's text files.
  init(
    contextSize: Int = 4096, parallel: Int = 2, queueLimit: Int = 64,
    beforeStep: @escaping @Sendable (Int) -> Void = { _ in },
    respond: @escaping @Sendable (String) -> String = { _ in "Hi!" },
    directory: URL = TestServer.fixtures.appending(path: "letters")
  ) throws {
    let chat = try ChatModel(directory: directory.path)
    let tokenizer = chat.tokenizer
    model = ScriptedModel(
      vocabulary: Self.vocabulary, endOfSequence: 257, beforeStep: beforeStep
    ) { prompt in
      tokenizer.encode(
        respond(tokenizer.decode(prompt, skipSpecialTokens: false)), addSpecialTokens: false)
    }
    engine = try Engine(
      model: model,
      configuration: EngineConfiguration(
        contextSize: contextSize, parallel: parallel, queueLimit: queueLimit))
    self.chat = chat
    let file = directory.appending(path: "tokenizer_config.json")
    tokenizerConfiguration = try JSON(parsing: Array(Data(contentsOf: file))).object
    configuration = ServerConfiguration(modelID: "letters")
    configuration.makeID = { $0 + "test" }
    configuration.now = { 1_700_000_000 }
    configuration.keepAlive = .seconds(3600)  // what is sent must not depend on the clock
  }

  init(saying answer: String) throws { try self.init(respond: { _ in answer }) }

  var served: ServedModel {
    ServedModel(
      chat: chat, engine: engine, vocabulary: Self.vocabulary, backend: model.backend,
      generationConfiguration: nil, tokenizerConfiguration: tokenizerConfiguration,
      fingerprint: "fp-test", constrainsCalls: constrainsCalls, memory: configuration.memory)
  }

  /// Runs `test` with a client of this server.
  ///
  /// - Parameter served: the model, where the test wants to look into it.
  func run<Value: Sendable>(
    _ served: ServedModel? = nil, logger: Logger = TestServer.quietLogger,
    _ test: @Sendable (RouterClient) async throws -> Value
  ) async throws -> Value {
    let slot = ModelSlot()
    if isLoaded { slot.fill(served ?? self.served) }
    let responder = makeResponder(configuration, slot: slot, logger: logger)
    return try await test(RouterClient(responder: responder, logger: logger))
  }

  static let quietLogger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }()
}

extension RouterClient {
  func chat(_ body: JSON, headers: HTTPFields = [:]) async throws -> TestResponse {
    try await post("/v1/chat/completions", body.text(), headers: headers)
  }

  func post(_ path: String, _ body: String, headers: HTTPFields = [:]) async throws -> TestResponse
  {
    try await execute(
      uri: path, method: .post, headers: headers, body: ByteBuffer(string: body))
  }

  func get(_ path: String, headers: HTTPFields = [:]) async throws -> TestResponse {
    try await execute(uri: path, method: .get, headers: headers)
  }
}

extension TestResponse {
  var text: String { String(buffer: body) }
  var json: JSON { get throws { try JSON(parsing: text) } }
  /// The error object of a refusal.
  var error: JSON { get throws { try json["error"] ?? .null } }

  /// The values of the `data:` frames of a stream, without the closing `[DONE]`.
  var frames: [JSON] {
    get throws {
      try text.split(separator: "\n\n").filter { $0.hasPrefix("data: ") && $0 != "data: [DONE]" }
        .map { try JSON(parsing: String($0.dropFirst(6))) }
    }
  }
}

/// A request of one user message and `members` beside it.
func question(_ text: String = "Hello", _ members: JSON = .object(JSONObject())) -> JSON {
  let message: JSON = ["role": "user", "content": .string(text)]
  var body = JSONObject([(key: "messages", value: .array([message]))])
  for (key, value) in members.object ?? JSONObject() { body[key] = value }
  return .object(body)
}
