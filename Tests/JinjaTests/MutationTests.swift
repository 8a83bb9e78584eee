import Foundation
import JSON
import Jinja
import TestSupport
import Testing

/// Vendors' templates with random damage: they fail or render, and never crash or hang.
@Suite struct MutationTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/chat-templates")

  private static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".jinja") }.sorted()

  @Test func `damaged templates end in text or in an error`() throws {
    var random = SeededRandom(seed: 7)
    let conversation: JSONObject = [
      "messages": [
        ["role": "system", "content": "s"], ["role": "user", "content": "hello {{ x }}"],
        [
          "role": "assistant", "content": "",
          "tool_calls": [["id": "1", "function": ["name": "f", "arguments": ["a": [1, nil]]]]],
        ],
        ["role": "tool", "content": "{}", "tool_call_id": "1"],
      ],
      "tools": [
        ["type": "function", "function": ["name": "f", "parameters": ["type": "object"]]]
      ],
      "add_generation_prompt": true, "bos_token": "<s>",
    ]
    var options = RenderOptions()
    options.maximumSteps = 100_000
    options.maximumOutput = 1 << 20
    for name in Self.names {
      let source = Array(try Data(contentsOf: Self.folder.appendingPathComponent(name)))
      for _ in 0..<6 {
        let damaged = String(decoding: damage(source, &random), as: UTF8.self)
        _ = try? Template(damaged).render(conversation, options: options)
      }
    }
  }

  private func damage(_ source: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = source
    let pieces = [
      "{{", "}}", "{%", "%}", "(", ")", "'", "\"", "|", ".", "[", "-", " not ", " in ", "é",
    ]
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      guard bytes.count > 20 else { break }
      let start = Int.random(in: 0..<bytes.count - 10, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.removeSubrange(start..<start + Int.random(in: 1...10, using: &random))
      case 1: bytes.insert(contentsOf: pieces.randomElement(using: &random)!.utf8, at: start)
      case 2: bytes[start] = UInt8.random(in: 0...127, using: &random)
      default:
        let part = bytes[start..<min(start + 200, bytes.count)]
        bytes.insert(contentsOf: part, at: Int.random(in: 0..<bytes.count, using: &random))
      }
    }
    return bytes
  }
}
