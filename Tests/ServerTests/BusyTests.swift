import Foundation
import JSON
import Synchronization
import Testing

@testable import Server

/// Work before an answer begins holds up nobody else's stream.
struct BusyTests {
  static let requests: [(path: String, body: JSON)] = [
    (
      "/v1/chat/completions",
      question("Hello", ["response_format": ["type": "json_object"], "max_tokens": 4])
    ),
    (
      "/v1/responses",
      [
        "input": "Hello", "text": ["format": ["type": "json_object"]], "max_output_tokens": 16,
      ]
    ),
    (
      "/v1/messages",
      [
        "messages": [["role": "user", "content": "Hello"]], "max_tokens": 4,
        "tools": [["name": "look", "input_schema": ["type": "object"]]],
        "tool_choice": ["type": "any"],
      ]
    ),
  ]

  @Test(arguments: requests)
  func `a stream goes on while more grammars than there are processors are being compiled`(
    _ path: String, _ body: JSON
  ) async throws {
    let server = try TestServer(parallel: 64)
    let served = server.served
    let slot = ModelSlot()
    slot.fill(served)
    let logger = TestServer.quietLogger
    let client = RouterClient(
      responder: makeResponder(server.configuration, slot: slot, logger: logger), logger: logger)
    let compiling = Compiling(served.constraints)
    try await withThrowingTaskGroup { group in
      for _ in 0..<2 * ProcessInfo.processInfo.activeProcessorCount + 1 {
        group.addTask {
          let response = try await client.post(path, body.text())
          #expect(response.status == .ok, "\(response.text)")
        }
      }
      // Each of them gets as far as it can.
      for _ in 0..<200 { await Task.yield() }
      let stream = try await client.chat(question("Hello", ["stream": true]))
      #expect(try stream.frames.count > 2)
      // The stream ended by itself, not because the compilers were given up.
      #expect(compiling.end())
      try await group.waitForAll()
    }
  }
}

/// Holds up everybody who wants a grammar, as one that takes long would.
private final class Compiling: Sendable {
  private let over = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let wasEnded = Mutex(false)

  init(_ constraints: AnswerConstraints) {
    let begun = DispatchSemaphore(value: 0)
    Thread.detachNewThread { [self] in
      constraints.kept.withLock { _ in
        begun.signal()
        // For a server that fails the test: it would never end. Other tests that run meanwhile may
        // take all of the cooperative pool for minutes.
        let outcome = over.wait(timeout: .now() + 900)
        wasEnded.withLock { $0 = outcome == .success }
      }
      ended.signal()
    }
    begun.wait()
  }

  /// Lets them go on; false where that was so already.
  func end() -> Bool {
    over.signal()
    ended.wait()
    return wasEnded.withLock(\.self)
  }
}
