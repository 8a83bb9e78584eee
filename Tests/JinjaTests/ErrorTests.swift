import JSON
import Jinja
import Testing

@Suite struct ErrorTests {
  private func failure(_ source: String, _ variables: JSONObject = JSONObject()) -> TemplateError? {
    do {
      let text = try Template(source).render(variables)
      Issue.record("rendered \(text)")
      return nil
    } catch {
      return error as? TemplateError
    }
  }

  @Test(arguments: [
    ("a\n{{ x.y }}", 2, "'x' is undefined"),
    ("\n\n{{ 1 + 'a' }}", 3, "unsupported operand type(s) for +: 'int' and 'str'"),
    ("{% if x %}\n\n{{ [1].foo.bar }}{% endif %}{{ 1/0 }}", 3, "division by zero"),
    ("{{ 'a' }}\n{{ 'a' + 1 }}", 2, "can only concatenate str (not \"int\") to str"),
    ("{{ [].x.y }}", 1, "'list object' has no attribute 'x'"),
    ("{{ {}['a'].b }}", 1, "'dict object' has no attribute 'a'"),
    ("{{ none.a.b }}", 1, "'None' has no attribute 'a'"),
    ("{{ [1].append(2) }}", 1, "access to attribute 'append' of 'list' object is unsafe."),
    ("{% for i in 5 %}{% endfor %}", 1, "'int' object is not iterable"),
    ("\n{% set a, b = [1] %}", 2, "not enough values to unpack (expected 2, got 1)"),
    ("\n{{ x|nope }}", 2, "No filter named 'nope' found."),
    ("{{ 1 is nope }}", 1, "No test named 'nope' found."),
    ("{{ 'x'() }}", 1, "'str' object is not callable"),
  ])
  func `a failing template names line and cause`(_ source: String, _ line: Int, _ message: String) {
    let error = failure(source)
    #expect(error?.line == line)
    #expect(error?.message == message)
    #expect(error?.description == "line \(line): \(message)")
  }

  @Test(arguments: [
    ("a\n{% if x %}\n", 2, "Unexpected end of template."),
    ("{% nope %}", 1, "Encountered unknown tag 'nope'."),
    ("\n{{ 'abc }}", 2, "unexpected char"),
    ("{{ (1] }}", 1, "unexpected ']', expected ')'"),
    ("\n\n{# x", 3, "Missing end of comment tag"),
    ("{% raw %}x", 1, "Missing end of raw directive"),
    ("{{ 1 2 }}", 1, "expected token 'end of print statement', got '2'"),
    ("{% break %}", 1, "'break' outside loop"),
  ])
  func `a template that can't be read names line and cause`(
    _ source: String, _ line: Int, _ beginning: String
  ) {
    let error = failure(source)
    #expect(error?.kind == .syntax)
    #expect(error?.line == line)
    #expect(error?.message.hasPrefix(beginning) == true, "\(error?.message ?? "")")
  }

  @Test func `the message of raise_exception is passed on as it is`() {
    let error = failure("{{ raise_exception('Only ' ~ x ~ '!') }}", ["x": "users"])
    #expect(error?.kind == .raised)
    #expect(error?.message == "Only users!")
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(elements.map { (key: $0.0, value: $0.1) })
  }
}
