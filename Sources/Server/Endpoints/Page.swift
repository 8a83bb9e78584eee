import HTTPTypes
import Hummingbird
import Page

extension Endpoint {
  /// The chat page at `/`, and the files that it asks for.
  static let page: [Endpoint] = [
    file("index.html", "text/html", at: "/"),
    file("page.css", "text/css", at: "/page.css"),
    file("page.js", "text/javascript", at: "/page.js"),
    file("markdown.js", "text/javascript", at: "/markdown.js"),
  ]

  /// One embedded file. Public: a browser carries no key before the page has asked for it.
  private static func file(_ name: String, _ type: String, at path: String) -> Endpoint {
    let file = PageFile(name, type: type)
    return Endpoint(
      .get, path, isPublic: true,
      api: APIDescription("The chat page's file \(name).", mediaType: type)
    ) { request, _, _ in file.response(to: request) }
  }
}

/// A file of the page as it is sent.
struct PageFile: Sendable {
  /// Nothing but the page's own files and the server's API, and in no other page's frame.
  static let policy = """
    default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
    """

  /// Empty for a name that isn't embedded.
  let text: ByteBuffer
  private let headers: HTTPFields

  init(_ name: String, type: String) {
    let files = UnsafeBufferPointer(start: page_files, count: page_file_count)
    let bytes = files.first { String(cString: $0.name) == name }
      .map { UnsafeBufferPointer(start: $0.text, count: $0.length) }
    text = bytes.map { ByteBuffer(bytes: $0) } ?? ByteBuffer()
    headers = [
      .contentType: "\(type); charset=utf-8", .eTag: Self.tag(text), .cacheControl: "no-cache",
      .contentSecurityPolicy: Self.policy, .xContentTypeOptions: "nosniff",
    ]
  }

  func response(to request: Request) -> Response {
    let known = request.headers[.ifNoneMatch]?.split(separator: ",").map {
      $0.drop { $0 == " " }
    }
    if let tag = headers[.eTag], known?.contains(where: { $0 == tag || $0 == "*" }) == true {
      return Response(status: .notModified, headers: headers)
    }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: text))
  }

  /// FNV-1a: another text, another tag.
  private static func tag(_ text: ByteBuffer) -> String {
    let hash = text.readableBytesView.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return "\"\(String(hash, radix: 16))\""
  }
}
