import JSON
import Testing

@testable import Server

/// An answer of the model, and a request that shows what becomes of it.
struct StreamCase: Sendable, CustomTestStringConvertible {
  let name: String
  let answer: String
  var members: JSON = .object(JSONObject())
  /// The answer holds a call that isn't one, which a constrained model can't write.
  var isBroken = false

  var testDescription: String { name }

  /// A server whose model gives the answer.
  func server() throws -> TestServer {
    var server = try TestServer(saying: answer)
    server.constrainsCalls = !isBroken
    return server
  }
}
