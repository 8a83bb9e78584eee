import Foundation
import HTTPTypes
import JSON
import NIOCore
import Runtime
import Synchronization
import TestSupport
import Testing

@testable import Server

/// Whose request it is, which decides whose turn it is.
@Suite(.timeLimit(.minutes(30))) struct ClientTests {
  @Test func `A machine is one client, whatever its port`() throws {
    let clients = try [
      SocketAddress(ipAddress: "10.0.0.1", port: 1), SocketAddress(ipAddress: "10.0.0.1", port: 2),
      SocketAddress(ipAddress: "::1", port: 1), SocketAddress(unixDomainSocketPath: "/tmp/s"),
    ].map { ServerContext.client(at: $0) }
    #expect(clients == ["10.0.0.1", "10.0.0.1", "::1", "local"])
  }

  @Test(arguments: [(["one", "two"], "b"), (["one"], "a")])
  func `Each of several keys is a client, and none crowds out another`(
    keys: [String], third: String
  ) async throws {
    let order = Mutex<[String]>([])
    let gate = Gate()
    var server = try TestServer(
      parallel: 2, beforeStep: { _ in gate.pass() },
      respond: { prompt in
        let name = String(prompt.split(separator: "#")[1])
        order.withLock { if !$0.contains(name) { $0.append(name) } }
        return String(repeating: "a", count: "xy".contains(name) ? 400 : 1)
      })
    server.configuration.apiKeys = keys
    try await server.run { [server] client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        defer { gate.open() }
        let asks = [("x", "one"), ("y", "one"), ("a", "one"), ("b", keys.last ?? "")]
        for (count, (name, key)) in asks.enumerated() {
          group.addTask {
            let headers: HTTPFields = [.authorization: "Bearer \(key)"]
            let response = try await client.chat(question("#\(name)#"), headers: headers)
            #expect(response.status == .ok)
          }
          // Each look is good for one step, so that nobody is done before all have come.
          while server.engine.status.arrived <= count {
            gate.allow(1)
            try await Task.sleep(for: .milliseconds(1))
          }
        }
        #expect(server.engine.status.finished == 0)
        gate.open()
        try await group.waitForAll()
      }
    }
    #expect(order.withLock { $0.dropFirst(2).first } == third)
  }
}

extension EngineStatus {
  /// Requests that came in and weren't refused.
  fileprivate var arrived: Int { running + waiting + finished + cancelled + failed }
}
