import Grammar
import JSON

/// XML whose every tag stands behind a token of its own, so that values need no escaping:
/// `]<]minimax[>[<invoke name="NAME">]<]minimax[>[<KEY>VALUE]<]minimax[>[</KEY>…`
struct MiniMaxM3Format: ToolFormat {
  private static let tagToken = "]<]minimax[>["

  let name = "minimax_m3"
  let markers = [CallMarkers(tagToken + "<tool_call>", tagToken + "</tool_call>")]
  let innerMarkers = [tagToken]

  let callGrammars = [
    CallGrammar(
      begin: tagToken + "<tool_call>", space: "\\n?", head: tagToken + "<invoke name=\"NAME\">",
      tail: tagToken + "</invoke>␤",
      arguments: [
        ValueNotation(members: tags),
        ValueNotation(
          strings: .raw(.init(excluded: [tagToken], misread: TypedText.misread)), members: tags,
          items: .init(begin: tagToken + "<item>", end: tagToken + "</item>")),
      ], separator: "", end: tagToken + "</tool_call>", excluded: [tagToken])
  ]
  private static let tags = ValueNotation.Members(
    head: tagToken + "<KEY>", end: tagToken + "</KEY>", keys: "[A-Za-z0-9_.:-]+")

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
        let types = schema.map { ToolSchemas.types(in: $0) } ?? ["string"]
        if text.isEmpty, !types.contains("string") {
          if types.contains("array") { return [] }
          if types.contains("object") { return [:] }
        }
        return typedValue(text, types)
      }
      let isDeclaredObject = ToolSchemas.property("item", of: schema) != nil
      if !isDeclaredObject, children.allSatisfy({ $0.name == "item" }) {
        return .array(children.map { $0.value(ToolSchemas.elements(of: schema)) })
      }
      let members = children.map { child in
        (key: child.name, value: child.value(ToolSchemas.property(child.name, of: schema)))
      }
      return .object(JSONObject(members))
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
