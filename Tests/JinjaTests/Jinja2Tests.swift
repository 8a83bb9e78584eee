import Foundation
import JSON
import Jinja
import Testing

/// Expressions and templates of every kind, compared with what Jinja2 renders.
@Suite struct Jinja2Tests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures")

  @Test func `templates render as Jinja2 renders them`() throws {
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("cases.json"))
    let file = try JSON(parsing: Array(data))
    let variables = try #require(file["variables"]?.object)
    let now = LocalTime(year: 2026, month: 1, day: 15, hour: 12, minute: 34, second: 56)
    for golden in try #require(file["cases"]?.array) {
      let source = try #require(golden["template"]?.string)
      let result = Result {
        try Template(source).render(variables, options: RenderOptions(now: now))
      }
      switch (result, golden["text"]?.string) {
      case (.success(let text), let expected?):
        #expect(text.utf8.elementsEqual(expected.utf8), "\(source): \(text), not \(expected)")
      case (.success(let text), nil):
        Issue.record("\(source): \(text), but should fail: \(golden["error"]?.string ?? "")")
      case (.failure(let error), let expected?):
        Issue.record("\(source): \(error), but should give \(expected)")
      case (.failure, nil): break
      }
    }
  }
}
