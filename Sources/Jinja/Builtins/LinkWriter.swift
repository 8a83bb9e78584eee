/// The `urlize` filter: addresses of pages and of mail become links of HTML.
struct LinkWriter {
  /// Attributes of links to pages, with a space before each.
  private let attributes: String
  /// Characters of an address that are shown; nil for all.
  private let shownCharacters: Int?
  /// Beginnings of addresses that are links, too.
  private let schemes: [Text]

  init(_ arguments: Arguments) throws {
    let values = try arguments.bind(
      "urlize", ["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"])
    shownCharacters = try integerArgument(values[0], "urlize")
    var relations: Set = ["noopener"]
    if values[1]?.isTrue ?? false { relations.insert("nofollow") }
    let named = try textArgument(values[3], "urlize")?.words() ?? []
    relations.formUnion(named.map(\.string))
    let relation = relations.map { Text($0) }.sorted(by: <).map(\.string).joined(separator: " ")
    let target = try textArgument(values[2], "urlize").flatMap { $0.isEmpty ? nil : $0 }
    attributes =
      " rel=\"\(escaped(Text(relation)).string)\""
      + (target.map { " target=\"\(escaped($0).string)\"" } ?? "")
    schemes = try Self.schemes(values[4])
  }

  private static func schemes(_ value: Value?) throws -> [Text] {
    guard let value, !value.isNone else { return [] }
    return try value.elements().map { element in
      let scheme = try requiredText(element, "urlize")
      guard isScheme(scheme) else {
        throw Failure("\(element.representation) is not a valid URI scheme prefix.")
      }
      return scheme
    }
  }

  /// `word:`, with up to two slashes behind it.
  private static func isScheme(_ text: Text) -> Bool {
    let parts = Array(text.scalars).split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count >= 2, parts[1].count <= 2 else { return false }
    return parts[0].allSatisfy { $0.isWordCharacter || ".+-".unicodeScalars.contains($0) }
      && parts[1].allSatisfy { $0 == "/" }
  }

  func text(of value: Value, _ renderer: Renderer) throws -> Text {
    var plain = escaped(value.printed)
    plain.isMarkup = false
    var builder = TextBuilder()
    var position = 0
    while position < plain.bytes.count {
      let start = position
      let isSpace = plain.scalar(at: position).0.isPythonSpace
      while position < plain.bytes.count {
        let (scalar, length) = plain.scalar(at: position)
        guard scalar.isPythonSpace == isSpace else { break }
        position += length
      }
      let part = plain[start..<position]
      if isSpace { builder.append(part) } else { append(part, to: &builder) }
      try renderer.check(builder.bytes.count)
    }
    try renderer.reserve(builder.bytes.count)
    return builder.text
  }

  private func append(_ word: Text, to builder: inout TextBuilder) {
    let (head, middle, tail) = Self.parts(of: word)
    guard let linked = link(middle) else { return builder.append(word) }
    builder.append(head)
    builder.append(like: word) { $0 += linked.utf8 }
    builder.append(tail)
  }

  private func link(_ address: Text) -> String? {
    func starts(_ beginning: String) -> Bool { address.hasPrefix(Text(beginning)) }
    let text = address.string
    if isPageAddress(address) {
      let scheme = starts("https://") || starts("http://") ? "" : "https://"
      return "<a href=\"\(scheme)\(text)\"\(attributes)>\(shown(address))</a>"
    }
    if starts("mailto:") {
      let mailbox = address.slice(7..<address.count)
      if isMailAddress(mailbox) { return "<a href=\"\(text)\">\(mailbox.string)</a>" }
    }
    let isOther = starts("www.") || starts("@") || address.contains(Text(":"))
    if !isOther, isMailAddress(address) { return "<a href=\"mailto:\(text)\">\(text)</a>" }
    guard schemes.contains(where: { $0 != address && address.hasPrefix($0) }) else { return nil }
    return "<a href=\"\(text)\"\(attributes)>\(text)</a>"
  }

  private func shown(_ address: Text) -> String {
    guard let limit = shownCharacters, address.count > limit else { return address.string }
    let kept = limit < 0 ? max(address.count + limit, 0) : limit
    return address.slice(0..<kept).string + "..."
  }

  // MARK: - Punctuation

  /// A word without the brackets before it and the punctuation behind it, which aren't part of an
  /// address unless they close a bracket within.
  private static func parts(of word: Text) -> (head: Text, middle: Text, tail: Text) {
    let bytes = word.bytes
    var start = 0
    while let length = prefix(["(", "<", "&lt;"], of: bytes[start...]) { start += length }
    var end = bytes.count
    while let length = suffix([")", ">", ".", ",", "&gt;"], of: bytes[start..<end]) {
      end -= length
    }
    for (open, close) in [("(", ")"), ("<", ">"), ("&lt;", "&gt;")] {
      let opened = word[start..<end].occurrences(of: Text(open)).count
      guard opened > word[start..<end].occurrences(of: Text(close)).count else { continue }
      let closings = word[end..<bytes.count].occurrences(of: Text(close))
      if let last = closings.prefix(opened).last { end += last + close.utf8.count }
    }
    return (word[0..<start], word[start..<end], word[end..<bytes.count])
  }

  private static func prefix(_ parts: [String], of bytes: ArraySlice<UInt8>) -> Int? {
    parts.first { bytes.starts(with: $0.utf8) }?.utf8.count
  }

  private static func suffix(_ parts: [String], of bytes: ArraySlice<UInt8>) -> Int? {
    parts.first { bytes.suffix($0.utf8.count).elementsEqual($0.utf8) }?.utf8.count
  }
}

// MARK: - Addresses

/// Whether a text is `http://HOST`, `https://HOST`, `www.HOST`, or a host below one of the oldest
/// domains; with a port and a path or not.
private func isPageAddress(_ text: Text) -> Bool {
  let scalars = text.scalars.map(\.caseFolded)[...]
  let web = ["https://", "http://"].compactMap { scalars.dropping($0) }.first
  if let web, let rest = web.dropping("[") {
    guard let end = rest.firstIndex(of: "]") else { return false }
    return isLongNumericAddress(rest[..<end]) && endsAddress(rest[(end + 1)...])
  }
  let host = (web ?? scalars).prefix { !":/?#".unicodeScalars.contains($0) }
  guard endsAddress((web ?? scalars)[host.endIndex...]) else { return false }
  if web == nil, let named = host.dropping("www."), isHost(named) { return true }
  if web != nil { return isHost(host) || isNumericAddress(host) }
  let labels = host.split(separator: ".", omittingEmptySubsequences: false)
  guard labels.count > 1, let last = labels.last else { return false }
  var domain = String.UnicodeScalarView()
  domain.append(contentsOf: last)
  return ["com", "net", "int", "edu", "gov", "org", "info", "mil"].contains(String(domain))
    && labels.dropLast().allSatisfy { (2...63).contains($0.count) && $0.allSatisfy(isInLabel) }
}

/// Labels with a top-level domain at the end.
private func isHost(_ host: ArraySlice<Unicode.Scalar>) -> Bool {
  let labels = host.split(separator: ".", omittingEmptySubsequences: false)
  guard let last = labels.last else { return false }
  guard labels.dropLast().allSatisfy({ !$0.isEmpty && $0.allSatisfy(isInLabel) }) else {
    return false
  }
  if (2...63).contains(last.count), last.allSatisfy({ ("a"..."z").contains($0) }) { return true }
  guard let encoded = last.dropping("xn--") else { return false }
  return (2...59).contains(encoded.count)
    && encoded.allSatisfy { $0.isWordCharacter || $0 == "%" }
}

private func isInLabel(_ scalar: Unicode.Scalar) -> Bool {
  scalar.isWordCharacter || scalar == "%" || scalar == "-"
}

/// Four numbers with dots between them.
private func isNumericAddress(_ host: ArraySlice<Unicode.Scalar>) -> Bool {
  let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
  return numbers.count == 4
    && numbers.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(\.isDecimalDigit) }
}

/// Hexadecimal numbers of up to four digits: two with a colon behind them, then one to six with a
/// colon or without.
private func isLongNumericAddress(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
  var rest = text
  var groups = 0
  while groups < 2 || !rest.isEmpty {
    let digits = rest.prefix(4).prefix { $0.isDecimalDigit || ("a"..."f").contains($0) }
    rest = rest[digits.endIndex...]
    let hasColon = rest.first == ":"
    if hasColon { rest.removeFirst() }
    guard hasColon || groups >= 2 && !digits.isEmpty else { return false }
    groups += 1
  }
  return groups <= 8
}

/// A port and a path, either of which may be missing.
private func endsAddress(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
  var rest = text
  if rest.first == ":" {
    let port = rest.dropFirst().prefix { $0.isDecimalDigit }
    guard (1...5).contains(port.count) else { return false }
    rest = rest[port.endIndex...]
  }
  return rest.first.map { "/?#".unicodeScalars.contains($0) } ?? true
}

private func isMailAddress(_ text: Text) -> Bool {
  let scalars = Array(text.scalars)
  guard let sign = scalars.lastIndex(of: "@"), sign > 0 else { return false }
  let domain = scalars[(sign + 1)...]
  guard let dot = domain.lastIndex(of: "."), domain.first?.isWordCharacter == true else {
    return false
  }
  let top = domain[(dot + 1)...]
  return !top.isEmpty && top.allSatisfy(\.isWordCharacter)
    && domain.allSatisfy { $0.isWordCharacter || $0 == "." || $0 == "-" }
}

extension Unicode.Scalar {
  /// What `\w` is in Python's regular expressions.
  var isWordCharacter: Bool { self == "_" || isLetter || isNumeric }

  /// In lower case where that is an ASCII letter, as comparing without case has it.
  fileprivate var caseFolded: Unicode.Scalar {
    switch self {
    case "A"..."Z": Unicode.Scalar(UInt8(value) + 32)
    case "\u{130}", "\u{131}": "i"
    case "\u{17F}": "s"
    case "\u{212A}": "k"
    default: self
    }
  }
}

extension ArraySlice<Unicode.Scalar> {
  /// What follows a beginning; nil where the text begins otherwise.
  fileprivate func dropping(_ beginning: String) -> Self? {
    let scalars = beginning.unicodeScalars
    return starts(with: scalars) ? dropFirst(scalars.count) : nil
  }
}
