/// One element of text marked up like XML, as models write it: nothing is escaped inside.
struct MarkupElement {
  var attributes: [String: String]
  var body: String
}

/// The elements of that name: `<name a="b">body</name>`. An element without its end is an error.
func elements(_ name: String, in text: String) throws -> [MarkupElement] {
  var result: [MarkupElement] = []
  var rest = text[...]
  while let open = rest.range(of: "<\(name)") {
    let behind = rest[open.upperBound...]
    guard let head = behind.range(of: ">"),
      let end = behind[head.upperBound...].range(of: "</\(name)>")
    else { throw CallError("is cut off") }
    result.append(
      MarkupElement(
        attributes: attributes(behind[..<head.lowerBound]),
        body: String(behind[head.upperBound..<end.lowerBound])))
    rest = behind[end.upperBound...]
  }
  return result
}

/// `a="b" c='d' e=f`
func attributes(_ text: Substring) -> [String: String] {
  var result: [String: String] = [:]
  var rest = text
  while let sign = rest.firstIndex(of: "=") {
    let name = rest[..<sign].split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
    rest = rest[rest.index(after: sign)...].drop { $0.isWhitespace }
    let value: Substring
    if let quote = rest.first, quote == "\"" || quote == "'" {
      value = rest.dropFirst().prefix { $0 != quote }
      rest = rest.dropFirst(value.count + 2)
    } else {
      value = rest.prefix { !$0.isWhitespace }
      rest = rest.dropFirst(value.count)
    }
    if result[name] == nil { result[name] = String(value) }
  }
  return result
}
