import JSON

/// XML whose every tag stands behind a token of its own, so that values need no escaping:
/// `]<]minimax[>[<invoke name="NAME">]<]minimax[>[<KEY>VALUE]<]minimax[>[</KEY>…`
struct MiniMaxM3Format: ToolFormat {
  private static let tagToken = "]<]minimax[>["

  let name = "minimax_m3"
  let markers = [CallMarkers(tagToken + "<tool_call>", tagToken + "</tool_call>")]
  let innerMarkers = [tagToken]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions(Self.tagToken) && clues.mentions("<invoke name=")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    InvokeReader(
      begin: Self.tagToken + "<invoke name=", end: Self.tagToken + "</invoke>"
    ) { text in
      guard let bracket = text.firstIndex(of: ">") else { throw CallError("names no function") }
      let name = unquoted(text[..<bracket])
      var tree = TagTree()
      for part in text[bracket...].dropFirst().parts(separatedBy: Self.tagToken).dropFirst() {
        try tree.append(part)
      }
      let members = try tree.finish().children.map { child in
        (key: child.name, value: child.value(tools.schema(of: child.name, in: name)))
      }
      return ToolCall(name: name, arguments: .object(JSONObject(members)))
    }
  }
}

/// Nested tags, read one by one.
private struct TagTree {
  struct Element {
    let name: String
    var text = ""
    var children: [Element] = []

    /// Children make an object, or a list where they are all called `item`; text is typed by the
    /// schema.
    func value(_ schema: JSON?) -> JSON {
      if children.isEmpty {
        return typedValue(text, schema.map { ToolSchemas.types(in: $0) } ?? ["string"])
      }
      if children.allSatisfy({ $0.name == "item" }) {
        return .array(children.map { $0.value(schema?["items"]) })
      }
      let properties = schema?["properties"]
      return .object(
        JSONObject(
          children.map { (key: $0.name, value: $0.value(properties?[$0.name])) }))
    }
  }

  private var open = [Element(name: "")]
  private static let maximumDepth = 64

  /// Takes a tag and the text behind it.
  mutating func append(_ part: String) throws {
    guard part.first == "<", let end = part.firstIndex(of: ">") else {
      throw CallError("has a malformed tag")
    }
    let tag = part[part.index(after: part.startIndex)..<end]
    if tag.first == "/" {
      guard open.count > 1, let last = open.popLast(), last.name == tag.dropFirst() else {
        throw CallError("has tags that don't match")
      }
      open[open.count - 1].children.append(last)
    } else {
      guard open.count < Self.maximumDepth else { throw CallError("is nested too deeply") }
      open.append(Element(name: String(tag), text: String(part[part.index(after: end)...])))
    }
  }

  func finish() throws -> Element {
    guard open.count == 1 else { throw CallError("is cut off") }
    return open[0]
  }
}
