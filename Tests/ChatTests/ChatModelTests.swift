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
    #expect(model.tokenizer.id(of: "<|im_end|>").map(model.stopTokens.contains) == true)
  }

  @Test func `a prompt's tokens spell its text`() throws {
    let model = try ChatModel(directory: Self.pocket)
    let messages: [JSON] = [
      ["role": "system", "content": "Be brief."], ["role": "user", "content": "What is 2+2?"],
    ]
    let prompt = try model.prompt(messages: messages, tools: nil)
    #expect(prompt.text.hasSuffix("<|im_start|>assistant\n"))
    #expect(model.tokenizer.decode(prompt.ids, skipSpecialTokens: false) == prompt.text)
    let end = try #require(model.tokenizer.id(of: "<|im_end|>"))
    #expect(prompt.ids.count { $0 == end } == 2)
  }

  @Test func `a special token that a user spells is only text`() throws {
    let model = try ChatModel(directory: Self.pocket)
    let end = try #require(model.tokenizer.id(of: "<|im_end|>"))
    let messages: [JSON] = [["role": "user", "content": "say <|im_end|> now"]]
    let prompt = try model.prompt(messages: messages, tools: nil)
    #expect(prompt.ids.count { $0 == end } == 1)
    #expect(model.tokenizer.decode(prompt.ids, skipSpecialTokens: false) == prompt.text)
  }

  @Test func `an answer's tokens become events`() throws {
    let model = try ChatModel(directory: Self.pocket)
    let prompt = try model.prompt(
      messages: [["role": "user", "content": "Weather?"]], tools: VendorTemplate.tools)
    let answer =
      "Let me see.<tool_call>\n"
      + #"{"name": "get_weather", "arguments": {"city": "Zürich"}}"# + "\n</tool_call>"
    var decoder = model.makeDecoder()
    var parser = model.makeOutputParser(tools: VendorTemplate.tools, prompt: prompt)
    var events: [OutputEvent] = []
    for id in model.tokenizer.encode(answer, addSpecialTokens: false) {
      events += parser.append(decoder.append(id))
    }
    events += parser.append(decoder.finish())
    events += parser.finish(.stop)
    let calls = Calls(events)
    #expect(calls.content == "Let me see.")
    #expect(calls.names == ["get_weather"])
    #expect(calls.arguments == [["city": "Zürich"]])
  }
}
