import Testing

@testable import KernelCompiler

@Suite struct TemplateTests {
  private func fill(_ text: String, _ values: [String: String]) -> String {
    Template(name: "test", text: text).filled(values)
  }

  @Test func `a hole inside a line takes its value`() {
    let text = fill("enum { ROWS = $rows, MORE = $rows_2 };", ["rows": "3", "rows_2": "4"])
    #expect(text == "enum { ROWS = 3, MORE = 4 };")
  }

  @Test func `a hole alone on its line takes a block, indented like the hole`() {
    #expect(fill("{\n    $body\n}", ["body": "a;\n\nb;"]) == "{\n    a;\n\n    b;\n}")
  }

  @Test func `a block of nothing leaves no line`() {
    #expect(fill("{\n    $body\n}", ["body": ""]) == "{\n}")
  }

  @Test func `a comment's lines all begin as the hole's line does`() {
    #expect(fill("// $summary\nint x;", ["summary": "one\ntwo"]) == "// one\n// two\nint x;")
  }

  @Test func `long calls are cut below their first argument`() {
    let argument = String(repeating: "x", count: 40)
    let line = "    call(\(argument), \(argument), \(argument));"
    let expected = "    call(\(argument), \(argument),\n         \(argument));"
    #expect(Reflow().text(line) == expected)
    #expect(Reflow().text("    f(a,\n           b);") == "    f(a, b);")
  }
}
