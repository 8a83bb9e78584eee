import Foundation
import Hummingbird
import JSON
import Logging
import Synchronization

/// What the server is told when it starts.
public struct ServerConfiguration: Sendable {
  /// The name under which the model is listed.
  public var modelID: String
  /// Any of these opens every endpoint; none of them leaves all open.
  public var apiKeys: [String]
  /// Which web pages may use the server.
  public var origins = OriginPolicy()
  /// What may be kept of requests, and how large they may be.
  public var memory: ServerMemory
  /// Bytes of the largest request body.
  public var bodyLimit: Int
  /// A stream without an event for this long is sent a comment.
  public var keepAlive: Duration = .seconds(3)
  /// Makes an id with this prefix; tests replace it.
  public var makeID: @Sendable (String) -> String = { $0 + randomLetters(24) }
  /// Seconds since 1970; tests replace it.
  public var now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }

  public init(modelID: String, apiKeys: [String] = [], memory: ServerMemory = ServerMemory()) {
    self.modelID = modelID
    self.memory = memory
    bodyLimit = memory.bodyLimit
    self.apiKeys = apiKeys.filter { !$0.isEmpty }
  }
}

/// The place where the model will be when it is loaded.
public final class ModelSlot: Sendable {
  enum State: Sendable {
    case loading
    case ready(ServedModel)
  }

  private let content = Mutex(State.loading)

  public init() {}

  var state: State { content.withLock { $0 } }

  public func fill(_ model: ServedModel) { content.withLock { $0 = .ready(model) } }

  /// The model, or the refusal of a server that is still loading it.
  func ready() throws(APIError) -> ServedModel {
    guard case .ready(let model) = state else { throw .loading }
    return model
  }
}

/// What every endpoint can reach.
struct ServerState: Sendable {
  let configuration: ServerConfiguration
  let slot: ModelSlot
  let logger: Logger
  /// Seconds since 1970.
  let started: Int
  let bodies: BodyBudget
  let requests = RequestCounts()
  let responses: ResponseStore

  init(_ configuration: ServerConfiguration, slot: ModelSlot, logger: Logger) {
    self.configuration = configuration
    self.slot = slot
    self.logger = logger
    started = configuration.now()
    bodies = BodyBudget(limit: configuration.memory.bodies)
    responses = ResponseStore(maximumBytes: configuration.memory.responses)
  }
}

extension ServerState {
  /// The JSON body of a request. The request keeps its link to the connection; its context keeps
  /// what the body's values take of the memory for bodies.
  func body(of request: inout Request, _ context: ServerContext) async throws -> JSON {
    guard let body = try await optionalBody(of: &request, context) else {
      throw APIError(.badRequest, "The request has no body; send a JSON object.")
    }
    return body
  }

  func optionalBody(of request: inout Request, _ context: ServerContext) async throws -> JSON? {
    let share = context.share
    return try await bodies.withBody(
      of: &request, upTo: configuration.bodyLimit, share: share
    ) { buffer in
      guard buffer.readableBytes > 0 else { return nil }
      let body = try Self.parse(buffer)
      try share.take(RequestCost(body, bodyBytes: buffer.readableBytes), of: bodies)
      return body
    }
  }

  private static func parse(_ buffer: ByteBuffer) throws(APIError) -> JSON {
    do {
      return try buffer.withUnsafeReadableBytes { try JSON(parsing: $0) }
    } catch {
      throw APIError(.badRequest, "The body isn't valid JSON: \(error).", code: "invalid_json")
    }
  }
}

/// Lower-case letters and digits for ids that nobody can guess.
func randomLetters(_ count: Int) -> String {
  let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
  return String((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
}
