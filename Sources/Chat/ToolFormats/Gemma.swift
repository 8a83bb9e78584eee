import Grammar
import JSON

/// `<|tool_call>call:NAME{key:<|"|>text<|"|>,list:[1,2]}<tool_call|>`: Gemma 4.
struct Gemma4Format: ToolFormat {
  let name = "gemma4"
  let markers = [CallMarkers("<|tool_call>", "<tool_call|>")]
  let innerMarkers = [#"<|"|>"#]
  let callGrammars = [
    CallGrammar(
      begin: "<|tool_call>", head: "call:NAME",
      arguments: [
        ValueNotation(members: members),
        ValueNotation(
          strings: .raw(.init(begin: #"<|"|>"#, end: #"<|"|>"#, excluded: ["<tool_call|>"])),
          members: members, items: .init(open: "[", close: "]", separator: ",")),
      ], end: "<tool_call|>", next: "", names: gemmaNames)
  ]
  fileprivate static let members = ValueNotation.Members(
    open: "{", close: "}", separator: ",", head: "KEY:", keys: ValueNotation.names)

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|tool_call>") && clues.mentions("<tool_call|>")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { try GemmaValueReader.calls(in: $0, quote: #"<|"|>"#, isNested: true) }
  }
}

/// `<start_function_call>call:NAME{key:<escape>text<escape>,number:2}<end_function_call>`
struct FunctionGemmaFormat: ToolFormat {
  let name = "function_gemma"
  let markers = [CallMarkers("<start_function_call>", "<end_function_call>")]
  let innerMarkers = ["<escape>"]
  let callGrammars = [
    CallGrammar(
      begin: "<start_function_call>", head: "call:NAME",
      arguments: [
        ValueNotation(members: Gemma4Format.members),
        ValueNotation(
          strings: .raw(
            .init(begin: "<escape>", end: "<escape>", excluded: ["<end_function_call>"]))), .json,
      ], end: "<end_function_call>", next: "", excluded: ["<end_function_call>"], names: gemmaNames)
  ]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<start_function_call>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { try GemmaValueReader.calls(in: $0, quote: "<escape>", isNested: false) }
  }
}

/// Names that `GemmaValueReader` reads.
private let gemmaNames = "[A-Za-z0-9_.-]+"

/// Reads `call:NAME{…}`: keys without quotes, strings between tags, everything else as in JSON.
private struct GemmaValueReader {
  private let text: [UInt8]
  private let quote: [UInt8]
  /// Whether values may be lists and objects in the same notation, and never in JSON.
  private var isNested: Bool
  private var position = 0
  private var depth = 0

  static func calls(in text: String, quote: String, isNested: Bool) throws -> [ToolCall] {
    var calls: [ToolCall] = []
    var reader = GemmaValueReader(
      text: Array(text.utf8), quote: Array(quote.utf8), isNested: isNested)
    var rest = text[...]
    while let begin = rest.range(of: "call:") {
      let behind = rest[begin.upperBound...]
      let name = behind.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }
      guard !name.isEmpty, behind.dropFirst(name.count).first == "{" else {
        throw CallError("names no function")
      }
      reader.position = text.utf8.distance(from: text.startIndex, to: name.endIndex)
      calls.append(ToolCall(name: String(name), arguments: try reader.readObject()))
      rest = text[text.utf8.index(text.startIndex, offsetBy: reader.position)...]
    }
    guard !calls.isEmpty else { throw CallError("holds no call") }
    return calls
  }

  private init(text: [UInt8], quote: [UInt8], isNested: Bool) {
    self.text = text
    self.quote = quote
    self.isNested = isNested
  }

  private var current: UInt8? { position < text.count ? text[position] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
  }

  private mutating func skip(_ character: Character) -> Bool {
    skipSpace()
    guard current == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func readObject() throws -> JSON {
    guard skip("{") else { throw CallError("has no arguments") }
    var object = JSONObject()
    while !skip("}") {
      if !object.isEmpty { guard skip(",") else { throw CallError("is cut off") } }
      object[try readKey()] = try readValue()
    }
    return .object(object)
  }

  private mutating func readKey() throws -> String {
    skipSpace()
    if text[position...].starts(with: quote) {
      let key = try readString()
      guard skip(":") else { throw CallError("has a key without a value") }
      return key
    }
    let start = position
    while let byte = current, byte != UInt8(ascii: ":"), byte != UInt8(ascii: "}") { position += 1 }
    let key = String(decoding: text[start..<position], as: UTF8.self)
    guard skip(":") else { throw CallError("has a key without a value") }
    return unquoted(key)
  }

  private mutating func readString() throws -> String {
    position += quote.count
    let start = position
    while position < text.count, !text[position...].starts(with: quote) { position += 1 }
    guard position < text.count else { throw CallError("has an unclosed string") }
    let string = String(decoding: text[start..<position], as: UTF8.self)
    position += quote.count
    return string
  }

  private mutating func readValue() throws -> JSON {
    skipSpace()
    if text[position...].starts(with: quote) { return .string(try readString()) }
    if isNested {
      guard depth < 100 else { throw CallError("is nested too deeply") }
      depth += 1
      defer { depth -= 1 }
      if current == UInt8(ascii: "{") { return try readObject() }
      if current == UInt8(ascii: "[") { return try readList() }
    }
    let start = position
    let word = readBareValue()
    if let json = try? JSON(parsing: word) { return json }
    // Templates print null as Python does.
    if word == "None" { return .null }
    if !isNested, let value = readNested(from: start) { return value }
    return .string(word)
  }

  /// A list or object in the format's own notation, where it isn't JSON; nil where it is neither.
  private mutating func readNested(from start: Int) -> JSON? {
    let end = position
    guard start < end, [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(text[start]) else {
      return nil
    }
    (position, isNested) = (start, true)
    defer { isNested = false }
    if let value = try? readValue() { return value }
    position = end
    return nil
  }

  private mutating func readList() throws -> JSON {
    _ = skip("[")
    var elements: [JSON] = []
    while !skip("]") {
      if !elements.isEmpty { guard skip(",") else { throw CallError("is cut off") } }
      elements.append(try readValue())
    }
    return .array(elements)
  }

  /// A value without quotes: up to a comma or a bracket that isn't its own.
  private mutating func readBareValue() -> String {
    let start = position
    var open = 0
    var isInString = false
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""): isInString.toggle()
      case UInt8(ascii: "\\") where isInString: position += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["): if !isInString { open += 1 }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if !isInString, open == 0 { return bareText(from: start) }
        if !isInString { open -= 1 }
      case UInt8(ascii: ",") where open == 0 && !isInString: return bareText(from: start)
      default: break
      }
      position += 1
    }
    position = min(position, text.count)
    return bareText(from: start)
  }

  private func bareText(from start: Int) -> String {
    String(decoding: text[start..<min(position, text.count)], as: UTF8.self)
  }
}
