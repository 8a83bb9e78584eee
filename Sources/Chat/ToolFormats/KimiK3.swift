import Grammar
import JSON

/// `<|open|>call tool="NAME" index="1"<|sep|><|open|>argument key="KEY"
/// type="string"<|sep|>VALUE…`: Kimi K3 writes everything in such elements, its answer too.
struct KimiK3Format: ToolFormat {
  let name = "kimi_k3"
  let markers = [CallMarkers("<|open|>tools<|sep|>", "<|close|>tools<|sep|>")]
  let ignoredMarkers = [
    "<|open|>response<|sep|>", "<|close|>response<|sep|>", "<|close|>message<|sep|>",
  ]
  let innerMarkers = ["<|open|>", "<|close|>", "<|sep|>"]
  let passedMarkers = ["<|open|>response<|sep|>", "<|open|>think<|sep|>"]
  let answerFrames = [
    (
      begin: "<|open|>response<|sep|>",
      end: "<|close|>response<|sep|><|close|>message<|sep|>"
    )
  ]
  let callGrammars = [
    CallGrammar(
      begin: "<|open|>tools<|sep|>", head: #"<|open|>call tool="NAME" index="INDEX"<|sep|>"#,
      tail: "<|close|>call<|sep|>",
      arguments: [
        ValueNotation(
          members: .init(
            head: #"<|open|>argument key="KEY" type=""#, end: "<|close|>argument<|sep|>",
            keys: ValueNotation.names)),
        ValueNotation(
          strings: .raw(.init(excluded: ends + ["<|open|>json"])),
          prefixes: Dictionary(
            uniqueKeysWithValues: ValueKind.allCases.filter { $0 != .integer }.map {
              ($0, "\($0.rawValue)\"<|sep|>")
            })), .json,
      ], separator: "", end: "<|close|>tools<|sep|>", excluded: ends,
      frame: (
        before: "<|open|>response<|sep|><|close|>response<|sep|>", behind: "<|close|>message<|sep|>"
      ))
  ]
  private static let ends = [
    "<|close|>argument<|sep|>", "<|close|>call<|sep|>", "<|close|>tools<|sep|>",
  ]

  func isSpoken(by clues: FormatClues) -> Bool {
    ["<|open|>", "<|close|>", "<|sep|>", "<|end_of_msg|>"].allSatisfy {
      clues.hasToken($0) || clues.mentions($0)
    }
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    InvokeReader(begin: "<|open|>call", end: "<|close|>call<|sep|>") { try Self.call($0) }
  }

  /// `attributes<|sep|>body`
  private static func call(_ text: String) throws -> ToolCall {
    guard let head = text.range(of: "<|sep|>"),
      let name = attributes(text[..<head.lowerBound])["tool"].map(unescaped), !name.isEmpty
    else { throw CallError("names no function") }
    let body = String(text[head.upperBound...])
    if let block = try blocks("json", in: body).first {
      guard case .object? = try? JSON(parsing: block.body),
        let json = try? JSON(parsing: block.body)
      else { throw CallError("has arguments that aren't an object") }
      return ToolCall(name: name, arguments: json)
    }
    var arguments = JSONObject()
    for argument in try blocks("argument", in: body) {
      guard let key = argument.attributes["key"].map(unescaped) else {
        throw CallError("has an argument without a key")
      }
      let isText = (argument.attributes["type"] ?? "string") == "string"
      let value = isText ? nil : try? JSON(parsing: argument.body)
      arguments[key] = value ?? .string(argument.body)
    }
    return ToolCall(name: name, arguments: .object(arguments))
  }

  /// The elements of that name: `<|open|>name a="b"<|sep|>body<|close|>name<|sep|>`.
  private static func blocks(_ name: String, in text: String) throws -> [MarkupElement] {
    var result: [MarkupElement] = []
    var rest = text[...]
    while let open = rest.range(of: "<|open|>\(name)") {
      guard let head = rest[open.upperBound...].range(of: "<|sep|>"),
        let end = rest[head.upperBound...].range(of: "<|close|>\(name)<|sep|>")
      else { break }
      result.append(
        MarkupElement(
          attributes: attributes(rest[open.upperBound..<head.lowerBound]),
          body: String(rest[head.upperBound..<end.lowerBound])))
      rest = rest[end.upperBound...]
    }
    return result
  }

  private static func unescaped(_ text: String) -> String {
    text.replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
  }
}
