import Foundation
import JSON
import Testing

@testable import Chat

/// Templates that we bring, since the models' folders hold none.
@Suite struct BuiltInTemplateTests {
  private func inFolder<Value>(
    _ files: [String: String], _ body: (String) throws -> Value
  ) throws -> Value {
    let path = FileManager.default.temporaryDirectory.path + "/chat-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }
    return try body(path)
  }

  private static let type = #"{"chat_template_type": "deepseek_v32", "chat_template": "other"}"#

  /// Prompts as mlx-lm writes them.
  @Test func `DeepSeek V3_2's conversations are written as by its makers`() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/deepseek_v32.json")
    let cases = try #require(try JSON(parsing: Array(Data(contentsOf: file))).array)
    #expect(cases.count == 10)
    try inFolder(["tokenizer_config.json": Self.type]) { folder in
      let template = try ChatTemplate(directory: folder)
      for golden in cases {
        var variables = JSONObject()
        variables["enable_thinking"] = golden["thinking"]
        let prompt = try template.prompt(
          messages: golden["messages"]?.array ?? [], tools: golden["tools"]?.array,
          variables: variables)
        #expect(prompt.text == golden["text"]?.string)
      }
    }
  }

  @Test func `the type in tokenizer_config wins, the model type is the last resort`() throws {
    let files = ["tokenizer_config.json": Self.type, "chat_template.jinja": "file"]
    let origins = try [
      files, ["config.json": #"{"model_type": "deepseek_v32"}"#, "chat_template.jinja": "file"],
      ["config.json": #"{"model_type": "deepseek_v32"}"#],
    ].map { try inFolder($0) { try ChatTemplate(directory: $0).origin } }
    let builtIn = "the built-in template deepseek_v32"
    #expect(origins == [builtIn, "chat_template.jinja", builtIn])
  }

  @Test func `DeepSeek V3_2 is read as the markup it speaks`() throws {
    try inFolder(["tokenizer_config.json": Self.type]) { folder in
      let template = try ChatTemplate(directory: folder)
      #expect(
        toolFormat(named: nil, for: FormatClues(template: template.source))?.name
          == "deepseek_dsml")
      let probe = TemplateProbe(template)
      #expect(probe.showsTools && probe.showsSystem && probe.showsDeveloper)
      #expect(probe.showsToolResults && probe.showsParallelCalls)
    }
  }

  @Test func `a result without a call is refused`() throws {
    try inFolder(["tokenizer_config.json": Self.type]) { folder in
      let template = try ChatTemplate(directory: folder)
      #expect(throws: ChatError.self) {
        try template.prompt(
          messages: [TemplateProbe.user, TemplateProbe.result("r", id: "1")], tools: nil)
      }
    }
  }
}
