import JSON
import Jinja
import Testing

/// Text that came from variables is known in the result, whatever the template did with it.
@Suite struct OriginTests {
  /// The parts of the result that came from the variable `u` (in brackets) and `v` (in braces).
  private func marked(_ source: String) throws -> String {
    let options = RenderOptions { name, _ in name == "u" ? 1 : name == "v" ? 2 : 0 }
    let variables: JSONObject = ["u": "<Aé> b", "v": ["x": "Y z"], "w": "own"]
    let rendered = try Template(source).renderText(variables, options: options)
    let bytes = Array(rendered.text.utf8)
    var output = ""
    var position = 0
    for (range, label) in rendered.origins {
      #expect(range.lowerBound >= position)
      output += String(decoding: bytes[position..<range.lowerBound], as: UTF8.self)
      let part = String(decoding: bytes[range], as: UTF8.self)
      output += label == 1 ? "[\(part)]" : "{\(part)}"
      position = range.upperBound
    }
    return output + String(decoding: bytes[position...], as: UTF8.self)
  }

  @Test(arguments: [
    ("a {{ u }} b", "a [<Aé> b] b"),
    ("{{ u }}{{ u }}", "[<Aé> b<Aé> b]"),
    ("{{ u }}{{ v.x }}", "[<Aé> b]{Y z}"),
    ("{{ w }}{{ 'x' ~ u ~ 'y' }}", "ownx[<Aé> b]y"),
    ("{{ 'x' + u + 'y' }}", "x[<Aé> b]y"),
    ("{{ u[1:3] }}|{{ u[::-1] }}", "[Aé]|[b >éA<]"),
    ("{{ u|upper }}{{ u|lower }}", "[<AÉ> B<aé> b]"),
    ("{{ u.split()|join('-') }}", "[<Aé>]-[b]"),
    ("{{ u|replace('A', 'Q') }}", "[<]Q[é> b]"),
    ("{{ 'zuz'|replace('u', u) }}", "z[<Aé> b]z"),
    ("{{ u|trim }} {{ u.strip('<b') }}", "[<Aé> b] [Aé> ]"),
    ("{{ u|tojson }}", "\"[<Aé> b]\""),
    ("{{ {'k': u}|tojson }}", "{\"k\": \"[<Aé> b]\"}"),
    ("{{ v }}", "{{'x'}: {'Y z'}}"),
    ("{{ [u] }}", "[['<Aé> b']]"),
    ("{{ '%s!' % u }}{{ '{}!'.format(u) }}", "[<Aé> b]![<Aé> b]!"),
    ("{% set t %}a{{ u }}{% endset %}{{ t }}{{ t|length }}", "a[<Aé> b]7"),
    ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(u) }}", "<[<Aé> b]>"),
    ("{% filter upper %}a{{ u }}{% endfilter %}", "[A<AÉ> B]"),
    ("{% for c in u %}{{ c }}.{% endfor %}", "[<].[A].[é].[>].[ ].[b]."),
    ("{{ u|indent(first=true) }}", "    [<Aé> b]"),
    ("{{ u == '<Aé> b' }}{{ u|length }}{{ '<A' in u }}", "True6True"),
    ("{{ u|safe }}{{ u|string }}", "[<Aé> b<Aé> b]"),
    ("{{ '-'.join([u, w]) }}", "[<Aé> b]-own"),
    ("{{ [u, w]|sort|join(' ') }}", "[<Aé> b] own"),
  ])
  func `the origin of text is kept`(_ source: String, _ expected: String) throws {
    #expect(try marked(source) == expected)
  }

  @Test func `without labels nothing is reported`() throws {
    let rendered = try Template("{{ u }}").renderText(["u": "x"])
    #expect(rendered.text == "x")
    #expect(rendered.origins.isEmpty)
  }
}
