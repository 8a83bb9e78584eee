import Foundation
import JSON
import Testing

@testable import Chat

@Suite struct InspectionTests {
  /// The report on the pocket model with some of its files changed.
  private func report(_ changes: [String: String?]) throws -> ChatReport {
    let path = FileManager.default.temporaryDirectory.path + "/chat-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    for name in [
      "tokenizer.json", "tokenizer_config.json", "config.json", "generation_config.json",
      "chat_template.jinja",
    ] {
      switch changes[name] {
      case nil:
        try FileManager.default.copyItem(
          atPath: ChatModelTests.pocket + "/" + name, toPath: path + "/" + name)
      case .some(let text):
        try text.map { try Data($0.utf8).write(to: URL(fileURLWithPath: path + "/" + name)) }
      }
    }
    return inspectChat(directory: path)
  }

  private func template(_ change: (String) -> String) throws -> String {
    change(
      try String(contentsOfFile: ChatModelTests.pocket + "/chat_template.jinja", encoding: .utf8))
  }

  private func expect(_ report: ChatReport, _ severity: ChatReport.Finding.Severity, _ text: String)
  {
    #expect(
      report.findings.contains { $0.severity == severity && $0.message.contains(text) },
      "\(report.findings)")
  }

  @Test func `the pocket model's report says what it can do`() throws {
    let report = inspectChat(directory: ChatModelTests.pocket)
    let facts = Dictionary(uniqueKeysWithValues: report.facts.map { ($0.name, $0.value) })
    #expect(facts["tool calls"] == "yes, as json_tools")
    #expect(facts["parallel tool calls"] == "yes")
    #expect(facts["system role"] == "yes")
    #expect(facts["template"] == "chat_template.jinja")
    #expect(facts["stop tokens"]?.contains("<|im_end|> (") == true)
    #expect(!report.findings.contains { $0.severity == .error }, "\(report)")
    #expect(report.description.hasPrefix("chat:\n  template "))
  }

  @Test func `a missing template is reported`() throws {
    expect(
      try report(["chat_template.jinja": nil as String?]), .warning, "there is no chat template")
  }

  @Test func `a template that fails is reported with line and cause`() throws {
    let report = try report(["chat_template.jinja": "\n{{ messages.nope.x }}"])
    expect(report, .error, "fails on a plain question")
    expect(report, .error, "line 2: 'list object' has no attribute 'nope'")
  }

  @Test func `a template that can't be read is reported`() throws {
    expect(try report(["chat_template.jinja": "{% if %}"]), .error, "can't be read")
  }

  @Test func `a template without tool results is reported`() throws {
    let report = try report([
      "chat_template.jinja": try template {
        $0.replacing("m.role == 'tool'", with: "m.role == 'tool' and raise_exception('no tools')")
      }
    ])
    expect(report, .error, "can't give the result of a tool back")
  }

  @Test func `a template without a system role is reported`() throws {
    let report = try report([
      "chat_template.jinja":
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}"
        + "{{ m.content }}{% endfor %}"
    ])
    expect(report, .warning, "no system role")
  }

  @Test func `tokens that the tokenizer hasn't got are reported`() throws {
    let report = try report([
      "chat_template.jinja": try template { $0.replacing("<|im_start|>", with: "<|turn|>") }
    ])
    expect(report, .warning, "<|turn|>, which the tokenizer doesn't have")
  }

  @Test func `added tokens that a conversion has lost are reported`() throws {
    let tokenizer = try String(
      contentsOfFile: ChatModelTests.pocket + "/tokenizer.json", encoding: .utf8)
    var json = try #require(try JSON(parsing: tokenizer).object)
    let added = try #require(json["added_tokens"]?.array)
    json["added_tokens"] = .array(added.filter { $0["content"]?.string != "<|im_start|>" })
    let report = try report(["tokenizer.json": JSON.object(json).text()])
    expect(report, .warning, "<|im_start|>, which the tokenizer doesn't have as a token")
  }

  /// The pocket model's tokenizer.json with added tokens of these spellings instead of its own.
  private func tokenizer(renaming names: [String: String?]) throws -> String {
    let text = try String(
      contentsOfFile: ChatModelTests.pocket + "/tokenizer.json", encoding: .utf8)
    var json = try #require(try JSON(parsing: text).object)
    json["added_tokens"] = .array(
      try #require(json["added_tokens"]?.array).compactMap { token in
        guard let content = token["content"]?.string, let name = names[content] else {
          return token
        }
        guard let name, var changed = token.object else { return nil }
        changed["content"] = .string(name)
        return .object(changed)
      })
    return JSON.object(json).text()
  }

  @Test(arguments: [
    ("<tool_call>", "</tool_call>"), ("</tool_call>", "<tool_call>"),
    ("<think>", "</think>"), ("</think>", "<think>"), ("[THINK]", "[/THINK]"),
    ("<|tool_call>", "<tool_call|>"), ("<|tool_call_start|>", "<|tool_call_end|>"),
    ("<arg_value>", "</arg_value>"), ("<end_function_call>", "<start_function_call>"),
    ("<｜tool▁call▁end｜>", "<｜tool▁call▁begin｜>"), ("<|channel>", "<channel|>"),
    ("<|END_THINKING|>", "<|START_THINKING|>"),
  ])
  func `half of a pair of markers is reported`(_ kept: String, _ lost: String) throws {
    let markers = ["<tool_call>", "</tool_call>", "<think>", "</think>"]
    // Some token is spelled like the half that was kept, and none like another marker.
    var names = Dictionary(uniqueKeysWithValues: markers.map { ($0, String?.none) })
    names["<|im_start|>"] = .some(kept)
    let found = try report(["tokenizer.json": try tokenizer(renaming: names)])
    expect(found, .warning, "has \(kept) as a token and lacks \(lost)")
    #expect(found.findings.filter { $0.message.contains("and lacks") }.count == 1)
  }

  @Test func `whole pairs of markers aren't reported`() throws {
    for name in [String?.none, "<tool_call>"] {
      let names = ["<|im_start|>": name, "<|im_end|>": name.map { _ in "</tool_call>" }]
      let found = try report(["tokenizer.json": try tokenizer(renaming: names)])
      #expect(!found.findings.contains { $0.message.contains("and lacks") }, "\(found)")
    }
  }

  @Test func `tokens of tokenizer_config.json that tokenizer.json hasn't got are reported`() throws
  {
    let report = try report([
      "tokenizer_config.json":
        #"{"eos_token": "<|nowhere|>", "added_tokens_decoder": {"1": {"content": "<|lost|>"}}}"#
    ])
    expect(report, .warning, "eos_token is <|nowhere|>")
    expect(report, .warning, "lists <|lost|> (1)")
  }

  @Test func `files that disagree on the end are reported`() throws {
    let report = try report(["generation_config.json": #"{"eos_token_id": 4084}"#])
    expect(report, .warning, "don't agree on what ends an answer")
    expect(report, .warning, "generation_config.json")
  }

  @Test func `a double beginning is reported`() throws {
    let configuration = try String(
      contentsOfFile: ChatModelTests.pocket + "/tokenizer_config.json", encoding: .utf8)
    let report = try report([
      "tokenizer_config.json": configuration.replacing(
        #""bos_token": null"#, with: #""bos_token": "<|endoftext|>""#),
      "chat_template.jinja": try template { "{{ bos_token }}{{ bos_token }}" + $0 },
    ])
    expect(report, .error, "2 times")
  }

  @Test func `a directory without a tokenizer is an error, not a crash`() {
    #expect(inspectChat(directory: "/nowhere").findings.first?.severity == .error)
  }
}
