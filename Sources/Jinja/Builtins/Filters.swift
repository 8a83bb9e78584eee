/// The filters, one table per subject.

let filters: [String: Filter] = {
  var all = textFilters
  let groups = [layoutFilters, numberFilters, sequenceFilters, selectionFilters, sortingFilters]
  for group in groups {
    all.merge(group) { first, _ in first }
  }
  for (alias, name) in [("d", "default"), ("count", "length"), ("e", "escape")] {
    all[alias] = all[name]
  }
  return all
}()

/// Calls the filter of that name, as `map` does.
func callFilter(
  _ name: Value?, _ value: Value, _ arguments: Arguments, _ renderer: Renderer
) throws -> Value {
  let name = name?.printed.string ?? ""
  guard let filter = filters[name] else { throw Failure("No filter named '\(name)'.") }
  try renderer.spend(1)
  return try filter(value, arguments, renderer)
}

/// Calls the test of that name, as `select` does.
func callTest(
  _ name: Value?, _ value: Value, _ arguments: Arguments, _ renderer: Renderer
) throws -> Bool {
  let name = name?.printed.string ?? ""
  guard let test = tests[name] else { throw Failure("No test named '\(name)'.") }
  try renderer.spend(1)
  return try test(value, arguments, renderer)
}

// MARK: - Text

private func plain(_ name: String, _ change: @escaping @Sendable (Text) throws -> Text) -> Filter {
  { value, arguments, _ in
    _ = try arguments.bind(name, [])
    return .string(try change(value.printed))
  }
}

private let textFilters: [String: Filter] = [
  "upper": plain("upper") { $0.uppercased },
  "lower": plain("lower") { $0.lowercased },
  "capitalize": plain("capitalize") { $0.capitalized },
  "title": plain("title", titled),
  "string": plain("string") { $0 },
  "safe": plain("safe") { $0.asMarkup() },
  "escape": plain("escape") { escaped($0) },
  "forceescape": plain("forceescape") { text in
    var plain = text
    plain.isMarkup = false
    return escaped(plain)
  },
  "striptags": plain("striptags", strippedOfTags),
  "urlencode": { value, arguments, _ in
    _ = try arguments.bind("urlencode", [])
    return .string(try encodedForURL(value))
  },
  "trim": { value, arguments, _ in
    let characters = try arguments.bind("trim", ["chars"])[0]
    return .string(value.printed.stripped(.both, try textArgument(characters, "trim")))
  },
  "replace": { value, arguments, renderer in
    let values = try arguments.bind("replace", ["old", "new", "count"], required: 2)
    let limit = try integerArgument(values[2], "replace") ?? -1
    return .string(
      try value.printed.replacing(
        values[0]?.printed ?? .empty, with: values[1]?.printed ?? .empty,
        limit < 0 ? .max : limit, renderer))
  },
  "format": { value, arguments, renderer in
    if !arguments.named.isEmpty {
      guard arguments.positional.isEmpty else {
        throw Failure("can't handle positional and keyword arguments at the same time")
      }
      return .string(
        try formatPrintf(value.printed, .dictionary(try dictionary(arguments)), renderer))
    }
    return .string(try formatPrintf(value.printed, try .tuple(arguments.positional), renderer))
  },
  "wordcount": { value, arguments, _ in
    _ = try arguments.bind("wordcount", [])
    var count = 0
    var isInWord = false
    for scalar in value.printed.scalars {
      let belongs = scalar.isWordCharacter
      if belongs, !isInWord { count += 1 }
      isInWord = belongs
    }
    return .integer(count)
  },
  "tojson": { value, arguments, renderer in
    .string(try JSONWriter(arguments, renderer).text(of: value))
  },
  "pprint": { value, arguments, renderer in
    _ = try arguments.bind("pprint", [])
    return .string(try PrettyPrinter.text(of: value, renderer))
  },
  "urlize": { value, arguments, renderer in
    .string(try LinkWriter(arguments).text(of: value, renderer))
  },
]

/// Capitals after white space and opening brackets, as Jinja2's own filter has it.
private func titled(_ text: Text) -> Text {
  var output = ""
  var isWordStart = true
  for scalar in text.scalars {
    let isSeparator = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
    let properties = scalar.properties
    output += isWordStart ? properties.uppercaseMapping : properties.lowercaseMapping
    isWordStart = isSeparator
  }
  return Text(output).marked(like: text)
}

/// The text with the characters of HTML escaped, unless it already is.
func escaped(_ text: Text) -> Text {
  if text.isMarkup { return text }
  let special = "&<>\"'".utf8
  guard text.bytes.contains(where: { special.contains($0) }) else { return text.asMarkup() }
  var builder = TextBuilder()
  builder.append(like: text) { output in
    for byte in text.bytes {
      switch byte {
      case UInt8(ascii: "&"): output += "&amp;".utf8
      case UInt8(ascii: "<"): output += "&lt;".utf8
      case UInt8(ascii: ">"): output += "&gt;".utf8
      case UInt8(ascii: "\""): output += "&#34;".utf8
      case UInt8(ascii: "'"): output += "&#39;".utf8
      default: output.append(byte)
      }
    }
  }
  return builder.text.asMarkup()
}

/// The text without `<…>` tags, its white space collapsed and its entities resolved.
private func strippedOfTags(_ text: Text) -> Text {
  var kept: [UInt8] = []
  var rest = text.bytes[...]
  while let open = rest.firstIndex(of: UInt8(ascii: "<")),
    let close = rest[open...].firstIndex(of: UInt8(ascii: ">"))
  {
    kept += rest[..<open]
    rest = rest[(close + 1)...]
  }
  kept += rest
  let words = Text(bytes: kept).words().map(\.string).joined(separator: " ")
  var output = words
  for (entity, character) in [
    ("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
  ] {
    output = output.split(separator: entity, omittingEmptySubsequences: false)
      .joined(separator: character)
  }
  return Text(output).marked(like: text)
}

private func encodedForURL(_ value: Value) throws -> Text {
  switch value {
  case .dictionary(let mapping):
    let pairs = zip(mapping.keys, mapping.values).map {
      percentEncoded($0.printed, isQuery: true) + "=" + percentEncoded($1.printed, isQuery: true)
    }
    return Text(pairs.joined(separator: "&"))
  case .list, .tuple, .object:
    let pairs = try value.elements().map { pair in
      let parts = try pair.elements()
      guard parts.count == 2 else { throw Failure("not enough values to unpack") }
      return percentEncoded(parts[0].printed, isQuery: true) + "="
        + percentEncoded(parts[1].printed, isQuery: true)
    }
    return Text(pairs.joined(separator: "&"))
  default: return Text(percentEncoded(value.printed, isQuery: false)).marked(like: value.printed)
  }
}

private func percentEncoded(_ text: Text, isQuery: Bool) -> String {
  var output: [UInt8] = []
  for byte in text.bytes {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"), UInt8(ascii: "~"):
      output.append(byte)
    case UInt8(ascii: "/") where !isQuery: output.append(byte)
    case UInt8(ascii: " ") where isQuery: output.append(UInt8(ascii: "+"))
    default: output += "%\(hexadecimal(UInt32(byte), 2).uppercased())".utf8
    }
  }
  return String(decoding: output, as: UTF8.self)
}
