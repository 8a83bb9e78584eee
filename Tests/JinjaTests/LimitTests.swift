import JSON
import Jinja
import Testing

/// Templates are untrusted: whatever they hold, they end in text or in an error, soon.
@Suite struct LimitTests {
  private func render(
    _ source: String, _ variables: JSONObject = JSONObject(), steps: Int = 200_000
  ) throws -> String {
    var options = RenderOptions()
    options.maximumSteps = steps
    options.maximumOutput = 1 << 20
    return try Template(source).render(variables, options: options)
  }

  private func repeated(_ part: String, _ count: Int = 3_000) -> String {
    String(repeating: part, count: count)
  }

  @Test(arguments: [
    "(", "[", "{", "-", "not ", "x.", "x[", "{1:", "f(", "x if ", "1+", "a|", "a is ", "'a' ",
    "a ~ ", "1,", "a and ", "a or ", "a == ", "a in ", "1 ** ", "\"", "'", "\\", "}", ")", "]",
  ])
  func `an expression of thousands of repetitions is read or refused`(_ part: String) {
    for source in ["{{ " + repeated(part), "{{ " + repeated(part) + "1 }}", repeated("{{ " + part)]
    {
      _ = try? render(source)
    }
  }

  @Test(arguments: [
    "{{", "{%", "{#", "}}", "%}", "#}", "{", "{% if x %}", "{% for i in x %}", "{% set a %}",
    "{% macro m() %}", "{% call m() %}", "{% filter upper %}", "{% with %}", "{% raw %}",
    "{% block a %}", "{% if a %}b{% elif ", "{{ x }}", "{%-", "-%}", "{% generation %}", " ", "\n",
    "a", "é", "\u{0}", "{% endraw %}", "{% else %}", "{{ '{{' }}",
  ])
  func `tags in thousands of repetitions are read or refused`(_ part: String) {
    _ = try? render(repeated(part))
    _ = try? render(repeated(part) + "{% endif %}")
  }

  @Test(arguments: ["{", "(", "a", "{{ x }}"])
  func `a template of hundreds of kilobytes is read or refused`(_ part: String) {
    _ = try? render("{{ " + repeated(part, 200_000 / part.utf8.count))
    _ = try? render(repeated(part, 200_000 / part.utf8.count))
  }

  @Test func `long flat templates are fine`() throws {
    #expect(try render(repeated("{{ 1 }}", 5_000)).count == 5_000)
    #expect(try render("{{ " + repeated("'a' ~ ", 5_000) + "'b' }}").count == 5_001)
    #expect(
      try render("{% if false %}" + repeated("{% elif false %}", 5_000) + "{% endif %}") == "")
    #expect(try render("{{ [" + repeated("1,", 5_000) + "] | length }}") == "5000")
  }

  @Test(arguments: [
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% macro m() %}{% call m() %}x{% endcall %}{{ caller() }}{% endmacro %}{{ m() }}",
    "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
    "{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
    "{% set n = namespace(l=[1]) %}{% for i in range(99) %}{% set n.l = n.l + n.l %}{% endfor %}",
    "{% for i in range(99999) %}{{ 'x' * 999 }}{% endfor %}",
    "{{ 'x' * 999999999999 }}", "{{ [0] * 999999999999 }}", "{{ 'ab' * 9223372036854775807 }}",
    "{{ '%999999999d' % 1 }}", "{{ '{:>999999999}'.format(1) }}", "{{ '%.999999999f' % 1.5 }}",
    "{{ 'a'.center(999999999999) }}", "{{ 'a'.zfill(999999999999) }}",
    "{{ 'a\tb'.expandtabs(999999999999) }}", "{{ 'a\nb'|indent(999999999999) }}",
    "{{ ('a' * 9999).replace('', 'b' * 9999) }}", "{{ ('b' * 9999).join('a' * 9999) }}",
    "{{ range(999999999999) }}", "{{ range(0, 9223372036854775807, 2) }}",
    "{{ 9 ** 999999999 }}", "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}",
    "{{ (-9223372036854775807 - 1) // -1 }}", "{{ (-9223372036854775807 - 1) % -1 }}",
    "{{ -(-9223372036854775807 - 1) }}", "{{ (-9223372036854775807 - 1) | abs }}",
    "{{ 99999999999999999999999 }}", "{{ 1e999 }}", "{{ 1e308 * 10 | int }}", "{{ 1e400 | int }}",
    "{{ [1,2,3]|batch(0)|list }}", "{{ [1]|slice(99999999999)|list }}",
    "{{ [1]|batch(9999999999999, 'x')|list }}",
    "{{ [3,2,1][::-9223372036854775807] }}", "{{ 'abc'[9223372036854775807:] }}",
    "{{ 'abc'[-9223372036854775807:] }}", "{{ [1][-9223372036854775807] }}",
    "{{ 'x'|wordwrap(-5) }}", "{{ 'x'|truncate(-5) }}",
    "{{ 'x y'.split(' ', -9223372036854775807) }}",
    "{{ [[[]]]|tojson(indent=999999999999) }}",
  ])
  func `a template that would take forever or all memory fails`(_ source: String) {
    _ = try? render(source)
  }

  @Test func `recursion fails with a message`() {
    #expect(throws: TemplateError.self) {
      try render("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")
    }
  }

  @Test func `values may not be nested without end`() throws {
    let source =
      "{% set ns = namespace(x=[]) %}{% for i in range(5000) %}CHANGE{% endfor %}{{ ns.x }}"
    for change in [
      "{% set ns.x = [ns.x] %}", "{% set ns.x = (ns.x,) %}", "{% set ns.x = {'a': ns.x} %}",
      "{% set ns.x = namespace(y=ns.x) %}", "{% set ns.x = [ns.x]|map('list') %}",
      "{% set ns.x = [ns.x].count %}", "{% set ns.x = dict(a=ns.x).items() %}",
      "{% set ns.x = [ns.x]|batch(1)|list %}", "{% set ns.x = cycler(ns.x) %}",
    ] {
      let text = source.split(separator: "CHANGE").joined(separator: change)
      #expect(throws: TemplateError.self, "\(change)") { try render(text) }
    }
  }

  @Test(arguments: [
    "[ns.x, ns.x]", "(ns.x, ns.x)", "{'a': ns.x, 'b': ns.x}", "[[ns.x, 'a'], [ns.x, 'b']]",
    "dict(a=ns.x, b=ns.x).items()", "[ns.x, ns.x]|map('list')|list",
    "[{'k': 1, 'x': ns.x}, {'k': 1, 'x': ns.x}]|groupby('k')", "[ns.x]|batch(2, ns.x)|list",
    "{'a': ns.x, 'b': ns.x}.values()|list", "[ns.x, ns.x]|sort",
  ])
  func `values that hold each other twice may not grow without end`(_ change: String) {
    let source =
      "{% set ns = namespace(x=['a']) %}{% for i in range(60) %}"
      + "{% set ns.x = \(change) %}{% endfor %}{{ ns.x|length }}{{ ns.x }}{{ ns.x == ns.x }}"
    let error = #expect(throws: TemplateError.self) { try render(source, steps: 10_000_000) }
    #expect(error?.kind == .limit, "\(error as Any)")
  }

  @Test func `long lists of long strings are fine`() throws {
    let messages = JSON.array((0..<2_000).map { _ in .string(repeated("word ", 2_000)) })
    let source =
      "{% set n = namespace(l=[]) %}{% for m in m %}{% set n.l = n.l + [m[:2]] %}"
      + "{% endfor %}{{ n.l|length }} {{ (m + m)|length }}"
    #expect(try render(source, ["m": messages], steps: 10_000_000) == "2000 4000")
  }

  @Test func `a namespace may hold itself`() throws {
    let source = "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns.a.a.a is defined }}"
    #expect(try render(source) == "True")
  }

  @Test func `macros and loops that hold each other in a long chain are let go`() throws {
    let chain = """
      {%- set ns = namespace(f=none) -%}
      {%- macro wrap(f) -%}{%- macro g() -%}{{ f }}{%- endmacro -%}
      {%- set ns.f = g -%}{%- endmacro -%}
      {%- for i in range(10000) -%}{{ wrap(ns.f) }}{%- endfor -%}
      {%- set ns.f = none -%}done
      """
    #expect(try render(chain, steps: 10_000_000) == "done")
    let loops = """
      {%- set ns = namespace(l=none) -%}
      {%- for i in range(5000) -%}{%- for j in [ns.l] -%}{%- set ns.l = loop -%}{%- endfor -%}
      {%- endfor -%}done
      """
    _ = try? render(loops, steps: 10_000_000)
  }

  @Test func `hundreds of kilobytes of supplied text pass through methods quickly`() throws {
    let long = JSONObject([(key: "s", value: .string(repeated("a b", 120_000)))])
    for use in [
      "s|length", "s.split()|length", "s.strip()|length", "s.upper()|length", "(s|tojson)|length",
      "s.replace('a', 'c')|length", "s.split('b')|length", "s.rfind('zz')", "s.find('a bz')",
      "s.count('a')", "s[::-1]|length", "s.rsplit('b', 1)|length", "s|trim|length",
      "s.splitlines()|length", "(s ~ s)|length", "s[5:-5]|length", "s|indent|length", "'z' in s",
      "s.title()|length", "s|e|length",
    ] {
      var options = RenderOptions()
      options.maximumOutput = 16 << 20
      let text = try Template("{{ \(use) }}").render(long, options: options)
      #expect(!text.isEmpty, "\(use)")
    }
  }
}
