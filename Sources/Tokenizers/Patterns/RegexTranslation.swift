/// Rewrites an Oniguruma expression (Ruby's syntax, as the reference runs it) for PCRE2 where the
/// two mean different things by the same text, and makes character classes those of Unicode 16,
/// whatever PCRE2 was built with.
struct RegexTranslation {
  private var source: Substring.UnicodeScalarView
  /// The expression for PCRE2.
  private(set) var translated = ""
  /// Where the last atom starts, for a quantifier that has to wrap it.
  private var atomStart: String.Index?
  private var groupStarts: [String.Index] = []
  /// Classes nested deeper than this are refused.
  private static let maximumDepth = 16

  init(_ source: String) throws(RegexTranslationError) {
    self.source = source.unicodeScalars[...]
    while let next = self.source.first { try translate(next) }
  }

  private mutating func translate(_ next: Unicode.Scalar) throws(RegexTranslationError) {
    switch next {
    case "\\": appendAtom(escape())
    case "[":
      source.removeFirst()
      appendAtom(try characterClass(depth: 0).pattern)
    case "(": openGroup()
    case ")":
      append(take())
      atomStart = groupStarts.popLast()
    case "{": quantifier()
    case "*", "+", "?", "|", "^", "$": append(take())
    default: appendAtom(take())
    }
  }

  private mutating func take() -> String { String(source.removeFirst()) }

  private mutating func take(_ text: String) -> Bool {
    guard source.starts(with: text.unicodeScalars) else { return false }
    source.removeFirst(text.unicodeScalars.count)
    return true
  }

  private mutating func append(_ text: String) { translated += text }

  private mutating func appendAtom(_ text: String) {
    atomStart = translated.endIndex
    translated += text
  }

  /// A group. Ruby's option `m` lets the dot match line breaks, as PCRE2's `s` does.
  private mutating func openGroup() {
    groupStarts.append(translated.endIndex)
    append(take())
    guard take("?") else { return }
    append("?")
    while let option = source.first, "imx-".unicodeScalars.contains(option) {
      let text = take()
      append(text == "m" ? "s" : text)
    }
  }

  /// `{n,m}`. A plus behind it repeats it again, where in PCRE2 it would make it possessive.
  private mutating func quantifier() {
    guard let close = source.firstIndex(of: "}") else { return appendAtom(take()) }
    var bounds = String(source[source.index(after: source.startIndex)..<close])
    guard bounds.unicodeScalars.contains(where: { ("0"..."9").contains($0) }),
      bounds.unicodeScalars.allSatisfy({ ("0"..."9").contains($0) || $0 == "," }),
      let start = atomStart
    else { return appendAtom(take()) }
    if bounds.hasPrefix(",") { bounds = "0" + bounds }
    source = source[source.index(after: close)...]
    append("{\(bounds)}")
    if take("+") {
      translated.insert(contentsOf: "(?:", at: start)
      append(")+")
      atomStart = nil
    }
  }
}

/// What an expression has that can't be translated.
struct RegexTranslationError: Error {
  let message: String
}

// MARK: - Escapes

extension RegexTranslation {
  /// An escape outside a class.
  private mutating func escape() -> String {
    if take("\\w") { return "[\(ClassData.wordAlone)]" }
    if take("\\W") { return "[^\(ClassData.wordAlone)]" }
    if let members = shorthand() {
      return (members.isNegated ? "[^" : "[") + members.text + "]"
    }
    if take("\\b") {
      let word = ClassData.wordAlone
      return "(?:(?<=[\(word)])(?![\(word)])|(?<![\(word)])(?=[\(word)]))"
    }
    if take("\\B") {
      let word = ClassData.wordAlone
      return "(?:(?<=[\(word)])(?=[\(word)])|(?<![\(word)])(?![\(word)]))"
    }
    if take("\\O") { return "(?s:.)" }
    return plainEscape()
  }

  /// An escape that means the same in both, apart from `\u0061`.
  private mutating func plainEscape() -> String {
    if take("\\u") {
      let digits = String(source.prefix { $0.properties.isASCIIHexDigit }.prefix(4))
      source.removeFirst(digits.unicodeScalars.count)
      return "\\x{\(digits)}"
    }
    var text = take()
    if !source.isEmpty { text += take() }
    if text == "\\x" || text == "\\p" || text == "\\P" || text == "\\k" || text == "\\g" {
      let close: Unicode.Scalar? = source.first == "{" ? "}" : source.first == "<" ? ">" : nil
      if let close, let end = source.firstIndex(of: close) {
        text += String(source[...end])
        source = source[source.index(after: end)...]
      }
    }
    return text
  }

  /// `\s`, `\p{L}` and their like: what they contain, or leave out. Consumes nothing else.
  private mutating func shorthand() -> (text: String, isNegated: Bool)? {
    for (name, members) in ClassData.shorthands {
      if take("\\" + name) { return (members, false) }
      if take("\\" + name.uppercased()) { return (members, true) }
    }
    guard source.starts(with: "\\p{".unicodeScalars) || source.starts(with: "\\P{".unicodeScalars),
      let close = source.firstIndex(of: "}")
    else { return nil }
    var name = String(source[source.index(source.startIndex, offsetBy: 3)..<close])
    var isNegated = source.starts(with: "\\P".unicodeScalars)
    if name.hasPrefix("^") {
      name.removeFirst()
      isNegated.toggle()
    }
    guard let members = ClassData.members(of: name) else { return nil }
    source = source[source.index(after: close)...]
    return (members, isNegated)
  }
}

// MARK: - Classes

extension RegexTranslation {
  /// A class after its `[`. Ruby's may hold others and intersect (`[a-z&&[^b]]`), and any of that
  /// becomes a group of plain classes and look-aheads.
  private mutating func characterClass(
    depth: Int
  ) throws(RegexTranslationError) -> TranslatedClass {
    guard depth < Self.maximumDepth else {
      throw RegexTranslationError(message: "classes are nested too deeply")
    }
    var result = TranslatedClass(isNegated: take("^"))
    if take("]") { result.add(members: "\\]") }
    while let next = source.first {
      switch next {
      case "]":
        source.removeFirst()
        return result
      case "[": try classMember(depth, &result)
      case "&" where take("&&"): result.intersect()
      case "\\":
        if let (text, isNegated) = shorthand() {
          if isNegated { result.add(othersThan: text) } else { result.add(members: text) }
        } else {
          result.add(members: plainEscape())
        }
      default: result.add(members: take())
      }
    }
    throw RegexTranslationError(message: "a class isn't closed")
  }

  /// `[:punct:]`, or a class in a class.
  private mutating func classMember(
    _ depth: Int, _ result: inout TranslatedClass
  ) throws(RegexTranslationError) {
    for (name, members) in ClassData.brackets {
      if take("[:\(name):]") { return result.add(members: members) }
      if take("[:^\(name):]") { return result.add(othersThan: members) }
    }
    if source.starts(with: "[:".unicodeScalars), let close = source.firstIndex(of: "]") {
      result.add(members: String(source[...close]))
      source = source[source.index(after: close)...]
      return
    }
    source.removeFirst()
    result.add(try characterClass(depth: depth + 1))
  }
}

/// A character class as PCRE2 has to write it.
private struct TranslatedClass {
  let isNegated: Bool
  /// What is intersected: the members of a plain class, and patterns for one character each.
  private var parts: [(members: String, others: [String])] = [("", [])]

  init(isNegated: Bool) { self.isNegated = isNegated }

  mutating func add(members: String) { parts[parts.count - 1].members += members }

  mutating func add(othersThan members: String) {
    if let complement = ClassData.complement(of: members) {
      add(members: complement)
    } else {
      parts[parts.count - 1].others.append("[^\(members)]")
    }
  }

  mutating func add(_ nested: TranslatedClass) {
    parts[parts.count - 1].others.append(nested.pattern)
  }

  mutating func intersect() { parts.append(("", [])) }

  var pattern: String {
    if parts.count == 1, parts[0].others.isEmpty {
      return (isNegated ? "[^" : "[") + parts[0].members + "]"
    }
    let patterns = parts.map { part in
      let members = part.members.isEmpty ? [] : ["[\(part.members)]"]
      return "(?:" + (members + part.others).joined(separator: "|") + ")"
    }
    let intersection = patterns.dropLast().map { "(?=\($0))" }.joined() + (patterns.last ?? "")
    return isNegated ? "(?:(?!\(intersection))(?s:.))" : "(?:\(intersection))"
  }
}
