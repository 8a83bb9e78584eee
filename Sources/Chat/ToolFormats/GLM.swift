import Grammar
import JSON

/// `<tool_call>NAME<arg_key>K</arg_key><arg_value>V</arg_value></tool_call>`: GLM 4.5 and later,
/// Laguna, Ling.
struct GLMFormat: ToolFormat {
  let name = "glm47"
  let markers = [CallMarkers("<tool_call>", "</tool_call>")]
  let innerMarkers = ["<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"]
  let callGrammars = [keyedCalls("")]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<arg_key>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { try [parseKeyedCall($0, tools, prefix: "") ?? parseOtherForms($0, tools)] }
  }
}

/// The same in LongCat's spelling of the tags. Models whose prompt shows the tools as a namespace
/// of TypeScript write `functions.NAME`, and now and then all arguments as one object:
/// `functions.NAME({…})`, or behind a tag for a key.
struct LongCatFormat: ToolFormat {
  let name = "longcat"
  let markers = [CallMarkers("<longcat_tool_call>", "</longcat_tool_call>")]
  let innerMarkers = [
    "<longcat_arg_key>", "</longcat_arg_key>", "<longcat_arg_value>", "</longcat_arg_value>",
  ]
  let callGrammars: [CallGrammar] = {
    var keyed = keyedCalls("longcat_")
    keyed.needsArguments = true
    var named = keyed
    named.head = "␤functions.NAME␤"
    return [keyed, named, .object("<longcat_tool_call>", "</longcat_tool_call>")]
  }()

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("<longcat_tool_call>") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader {
    WholeCallReader { text in
      if let call = objectCall(text, tools) { return [call] }
      if let call = parseKeyedCall(text, tools, prefix: "longcat_") { return [call] }
      let text = trimmed(text)
      guard text.hasPrefix("{"), let json = try? JSON(parsing: text),
        let call = callObject(json, tools)
      else { throw CallError("isn't in the format of LongCat") }
      return [call]
    }
  }

  /// `NAME({…})` and `NAME<longcat_arg_key>{…}`.
  private func objectCall(_ text: String, _ tools: ToolSchemas) -> ToolCall? {
    for opening in ["<longcat_arg_key>", "("] {
      guard let range = text.range(of: opening) else { continue }
      let name = nameOutsideNamespace(trimmed(text[..<range.lowerBound]), tools)
      guard tools.contains(name), let arguments = scriptObject(text[range.upperBound...]) else {
        continue
      }
      return ToolCall(name: name, arguments: .object(arguments))
    }
    return nil
  }
}

/// Without the namespace `functions`.
private func nameOutsideNamespace(_ name: String, _ tools: ToolSchemas) -> String {
  let isInNamespace = name.hasPrefix("functions.") && !tools.contains(name)
  return isInNamespace ? String(name.dropFirst("functions.".count)) : name
}

/// Calls with keys and values in tags, on lines of their own or not.
private func keyedCalls(_ prefix: String) -> CallGrammar {
  let end = "</\(prefix)tool_call>"
  return CallGrammar(
    begin: "<\(prefix)tool_call>", head: "␤NAME␤", tail: "␤",
    arguments: ValueNotation.elements(
      head: "<\(prefix)arg_key>KEY</\(prefix)arg_key>␤<\(prefix)arg_value>",
      end: "</\(prefix)arg_value>␤", excluded: ["</\(prefix)arg_value>", end],
      misread: TypedText.beside),
    end: end, next: "␤", excluded: ["</\(prefix)arg_value>", end])
}

/// The form with keys and values in tags; nil where there is no key.
private func parseKeyedCall(_ text: String, _ tools: ToolSchemas, prefix: String) -> ToolCall? {
  guard let firstKey = text.range(of: "<\(prefix)arg_key>") else { return nil }
  let name = nameOutsideNamespace(trimmed(text[..<firstKey.lowerBound]), tools)
  var arguments = JSONObject()
  var rest = text[firstKey.lowerBound...]
  while let open = rest.range(of: "<\(prefix)arg_key>"),
    let close = rest[open.upperBound...].range(of: "</\(prefix)arg_key>")
  {
    let key = trimmed(rest[open.upperBound..<close.lowerBound])
    let behind = withoutSpace(rest[close.upperBound...])
    guard behind.hasPrefix("<\(prefix)arg_value>") else {
      rest = rest[close.upperBound...]
      continue
    }
    let start = behind.dropFirst("<\(prefix)arg_value>".count)
    guard let end = start.range(of: "</\(prefix)arg_value>") else { break }
    let value = trimmed(start[..<end.lowerBound])
    arguments[key] = declaredValue(value, tools.schema(of: key, in: name))
    rest = start[end.upperBound...]
  }
  return ToolCall(name: name, arguments: .object(arguments))
}

/// Without leading white space and "\n" spelled out.
private func withoutSpace(_ text: Substring) -> Substring {
  var text = text
  while true {
    if text.hasPrefix("\\n") {
      text = text.dropFirst(2)
    } else if text.first?.isWhitespace == true {
      text = text.dropFirst()
    } else {
      return text
    }
  }
}

private func isDeclaredString(_ parameter: String, _ tool: String, _ tools: ToolSchemas) -> Bool {
  tools.schema(of: parameter, in: tool)?["type"]?.string == "string"
}

// MARK: - Forms that these models fall into

/// JSON, `name key=value …`, `name {json}` or just a name.
private func parseOtherForms(_ text: String, _ tools: ToolSchemas) throws -> ToolCall {
  let text = trimmed(text)
  if let json = try? JSON(parsing: text), let call = callObject(json, tools) { return call }
  guard !text.isEmpty else { throw CallError("is empty") }
  if let newline = text.firstIndex(of: "\n") {
    let name = trimmed(text[..<newline])
    if !name.isEmpty, case .object(let object) = looseValue(trimmed(text[newline...])) {
      return ToolCall(name: name, arguments: typed(object, name, tools))
    }
  }
  let name = String(text.prefix { $0 != " " })
  let rest = trimmed(text.dropFirst(name.count))
  if rest.isEmpty { return ToolCall(name: name, arguments: [:]) }
  if case .object(let object) = looseValue(rest) {
    return ToolCall(name: name, arguments: typed(object, name, tools))
  }
  if let arguments = parsePairs(rest, name, tools) {
    return ToolCall(name: name, arguments: arguments)
  }
  return ToolCall(name: name, arguments: ["raw": .string(rest)])
}

/// A call from a JSON object, or the first of a list, with its parts under one of several names.
private func callObject(_ json: JSON, _ tools: ToolSchemas) -> ToolCall? {
  let json = json.array?.first ?? json
  guard let object = json.object else { return nil }
  let inner =
    object["tool"]?.object ?? object["name"]?.object ?? object["function"]?.object ?? object
  guard let name = inner["name"]?.string ?? inner["function"]?.string else { return nil }
  switch object["arguments"] ?? inner["arguments"] {
  case nil, .some(.null): return ToolCall(name: name, arguments: [:])
  case .object(let arguments)?:
    return ToolCall(name: name, arguments: typed(arguments, name, tools))
  case .string(let text)?:
    guard case .object(let arguments) = looseValue(text) else { return nil }
    return ToolCall(name: name, arguments: typed(arguments, name, tools))
  default: return nil
  }
}

/// Declared strings as strings; other strings as what they spell.
private func typed(_ arguments: JSONObject, _ tool: String, _ tools: ToolSchemas) -> JSON {
  var result = arguments
  for (key, value) in arguments {
    if isDeclaredString(key, tool, tools) {
      if value.string == nil { result[key] = .string(value.text(style: .spaced)) }
    } else if let text = value.string {
      result[key] = looseValue(text)
    }
  }
  return .object(result)
}

/// `key=value` words, with quotes as in a shell; nil where a word is none.
private func parsePairs(_ text: String, _ tool: String, _ tools: ToolSchemas) -> JSON? {
  guard text.contains("="), let words = shellWords(text), !words.isEmpty else { return nil }
  var arguments = JSONObject()
  for word in words {
    guard let sign = word.firstIndex(of: "=") else { return nil }
    let key = trimmed(word[..<sign])
    guard !key.isEmpty else { return nil }
    let value = String(word[word.index(after: sign)...])
    arguments[key] = isDeclaredString(key, tool, tools) ? .string(value) : looseValue(value)
  }
  return .object(arguments)
}

/// Words separated by white space; quotes keep a word together. Nil where a quote isn't closed.
private func shellWords(_ text: String) -> [String]? {
  var words: [String] = []
  var word = ""
  var isInWord = false
  var quote: Character?
  var isEscaped = false
  for character in text {
    if isEscaped {
      word.append(character)
      (isInWord, isEscaped) = (true, false)
    } else if character == "\\", quote != "'" {
      isEscaped = true
    } else if let open = quote {
      if character == open { quote = nil } else { word.append(character) }
    } else if character == "'" || character == "\"" {
      (quote, isInWord) = (character, true)
    } else if character.isWhitespace {
      if isInWord { words.append(word) }
      (word, isInWord) = ("", false)
    } else {
      word.append(character)
      isInWord = true
    }
  }
  guard quote == nil, !isEscaped else { return nil }
  return isInWord ? words + [word] : words
}
