import Chat
import Foundation
import JSON
import Jinja
import Testing

/// Vendors' chat templates on the golden conversations, compared with what transformers renders.
@Suite struct TemplateConformance {
  @Test(arguments: TemplateFixture.all)
  func `a template renders as transformers renders it`(_ fixture: TemplateFixture) throws {
    let cases = try fixture.cases()
    let template = try Template(fixture.source())
    for golden in cases.results {
      let outcome = Result { try template.render(golden.variables, options: cases.options) }
      switch (outcome, golden.expected) {
      case (.success(let text), .text(let expected)):
        #expect(text.utf8.elementsEqual(expected.utf8), "\(golden.id): \(text.debugDescription)")
      case (.failure(let error), .text):
        Issue.record("\(golden.id): \(error)")
      case (.success, .error(_, let message)):
        Issue.record("\(golden.id): should fail with \(message)")
      case (.failure(let error), .error(let type, let message)):
        guard type == "TemplateError" else { continue }
        let raised = error as? TemplateError
        #expect(raised?.kind == .raised && raised?.message == message, "\(golden.id): \(error)")
      }
    }
  }
}

/// One vendor's template and its golden cases.
struct TemplateFixture: CustomTestStringConvertible {
  let name: String
  let folder: String

  var testDescription: String { name }

  static let all: [TemplateFixture] = {
    guard let folder = Fixtures.folder("chat-templates") else { return [] }
    return Fixtures.names(in: "chat-templates").filter { $0.hasSuffix(".jinja") }.map {
      TemplateFixture(name: String($0.dropLast(".jinja".count)), folder: folder)
    }
  }()

  enum Expected {
    case text(String)
    case error(type: String, message: String)
  }

  /// One conversation, and what the template makes of it.
  struct Golden {
    let id: String
    let variables: JSONObject
    let expected: Expected
  }

  func source() throws -> String {
    String(decoding: try Data(contentsOf: url("\(name).jinja")), as: UTF8.self)
  }

  func cases() throws -> (results: [Golden], options: RenderOptions) {
    let file = try json("cases/\(name).json")
    let conversations = try json("conversations.json").array ?? []
    let special = file["special_tokens"]?.object ?? JSONObject()
    let results = try (file["results"]?.array ?? []).map { result in
      let id = try #require(result["id"]?.string)
      let conversation = try #require(conversations.first { $0["id"]?.string == id })
      return Golden(
        id: id, variables: variables(of: conversation, special), expected: try expected(result))
    }
    #expect(!results.isEmpty)
    return (results, RenderOptions(now: try time(#require(file["now"]?.string))))
  }

  func specialTokens() throws -> JSONObject {
    try json("cases/\(name).json")["special_tokens"]?.object ?? JSONObject()
  }

  private func variables(of conversation: JSON, _ special: JSONObject) -> JSONObject {
    var variables = special
    variables["messages"] = .array(withReasoningAliases(conversation["messages"]?.array ?? []))
    variables["tools"] = conversation["tools"] ?? .null
    variables["documents"] = .null
    variables["add_generation_prompt"] = conversation["add_generation_prompt"] ?? false
    for (key, value) in conversation["kwargs"]?.object ?? JSONObject() { variables[key] = value }
    return variables
  }

  private func expected(_ result: JSON) throws -> Expected {
    if let text = result["text"]?.string { return .text(text) }
    let error = try #require(result["error"])
    return .error(type: error["type"]?.string ?? "", message: error["message"]?.string ?? "")
  }

  private func json(_ path: String) throws -> JSON {
    try JSON(parsing: Array(try Data(contentsOf: url(path))))
  }

  private func url(_ path: String) -> URL { URL(fileURLWithPath: folder + "/" + path) }

  /// "2026-01-15T12:34:56"
  private func time(_ text: String) throws -> LocalTime {
    let parts = text.split { !$0.isNumber }.compactMap { Int($0) }
    try #require(parts.count == 6)
    return LocalTime(
      year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4],
      second: parts[5])
  }
}
