import HTTPTypes
import Hummingbird
import Testing

@testable import Server

/// The chat page: what is sent, and that nothing in it can be made to act.
@Suite(.timeLimit(.minutes(30))) struct PageTests {
  static let files = [
    "/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript",
    "/markdown.js": "text/javascript",
  ]

  @Test(arguments: Self.files)
  func `The page's files are public and say what they are`(path: String, type: String) async throws
  {
    var server = try TestServer()
    server.configuration.apiKeys = ["secret"]
    try await server.run { client in
      let response = try await client.get(path)
      #expect(response.status == .ok)
      #expect(response.headers[.contentType] == "\(type); charset=utf-8")
      #expect(response.headers[.xContentTypeOptions] == "nosniff")
      #expect(response.headers[.cacheControl] == "no-cache")
      #expect(response.text.count > 500)
    }
  }

  @Test(arguments: Self.files.keys)
  func `A strict policy comes with every file`(path: String) async throws {
    try await TestServer().run { client in
      let policy = try await client.get(path).headers[.contentSecurityPolicy]
      #expect(
        policy
          == "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    }
  }

  @Test(arguments: Self.files.keys)
  func `A file that the browser has isn't sent again`(path: String) async throws {
    try await TestServer().run { client in
      let tag = try #require(try await client.get(path).headers[.eTag])
      let again = try await client.get(path, headers: [.ifNoneMatch: "\"old\", \(tag)"])
      #expect(again.status == .notModified)
      #expect(again.body.readableBytes == 0)
      #expect(again.headers[.eTag] == tag)
      let changed = try await client.get(path, headers: [.ifNoneMatch: "\"old\""])
      #expect(changed.status == .ok)
    }
  }

  @Test(arguments: Self.files.keys)
  func `No file builds markup from text or asks for another site`(path: String) async throws {
    try await TestServer().run { client in
      let text = try await client.get(path).text
      for word in [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
        "srcdoc", "http://", "https://", "\"//", "@import", "url(", "<style", " style=", " on",
      ] where !(word == " on" && path != "/") {
        #expect(!text.contains(word), "\(path) contains \(word)")
      }
    }
  }

  @Test func `The page asks only for files that are served`() async throws {
    try await TestServer().run { client in
      let page = try await client.get("/").text
      let asked = page.matches(of: #/(?:src|href)="([^"]*)"/#).map { String($0.1) }
        .filter { !$0.hasPrefix("data:") }
      #expect(asked.sorted() == ["page.css", "page.js"])
      for name in asked { #expect(try await client.get("/\(name)").status == .ok) }
      let script = try await client.get("/page.js").text
      #expect(script.contains(#"from "./markdown.js""#))
    }
  }

  @Test func `Every field of the page has a label and every script's element exists`() async throws
  {
    try await TestServer().run { client in
      let page = try await client.get("/").text
      let ids = Set(page.matches(of: #/ id="([^"]*)"/#).map { String($0.1) })
      let script = try await client.get("/page.js").text
      for match in script.matches(of: #/\bat\("([^"]*)"\)/#) {
        #expect(ids.contains(String(match.1)), "page.js wants #\(match.1)")
      }
      let labelled = Set(page.matches(of: #/<label[^>]* for="([^"]*)"/#).map { String($0.1) })
      for match in page.matches(of: #/<(?:input|textarea) id="([^"]*)"/#) {
        let id = String(match.1)
        let isInside = page.contains(try Regex("<label[^>]*>[^<]*<(input|textarea) id=\"\(id)\""))
        #expect(labelled.contains(id) || isInside, "\(id) has no label")
      }
    }
  }

  @Test func `The page takes GET only`() async throws {
    try await TestServer().run { client in
      let response = try await client.post("/", "")
      #expect(response.status == .methodNotAllowed)
    }
  }
}
