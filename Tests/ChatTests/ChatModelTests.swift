import Chat
import Foundation
import JSON
import Testing

@Suite struct ChatModelTests {
  static let pocket = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Models/pocket-chat-4bit").path

  @Test func `the pocket model's text side is found from its files`() throws {
    let model = try ChatModel(directory: Self.pocket)
    #expect(model.toolFormat?.name == "json_tools")
    #expect(model.capabilities.tools)
    #expect(model.capabilities.toolResults)
    #expect(model.capabilities.systemRole)
    #expect(model.capabilities.templateVariables.contains("enable_thinking"))
    #expect(model.stopTokens.isSuperset(of: [4084, 4082]))
  }
}
