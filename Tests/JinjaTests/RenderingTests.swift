import JSON
import Jinja
import Testing

@Suite struct RenderingTests {
  @Test func `a variable is printed`() throws {
    #expect(try Template("{{ x }}").render(JSONObject([(key: "x", value: 1)])) == "1")
  }
}
