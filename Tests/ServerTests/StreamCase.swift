import JSON
import Testing

/// An answer of the model, and a request that shows what becomes of it.
struct StreamCase: Sendable, CustomTestStringConvertible {
  let name: String
  let answer: String
  var members: JSON = .object(JSONObject())
  /// The model gets its call wrong, so nothing may keep it from that.
  var isBroken = false

  var testDescription: String { name }

  func server() throws -> TestServer {
    var server = try TestServer(saying: answer)
    server.constrainsCalls = !isBroken
    return server
  }
}
