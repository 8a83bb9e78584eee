/// The methods of Python's `str`.

let stringMethods: [String: Method<Text>] = {
  var all = caseMethods
  for group in [partMethods, searchMethods, paddingMethods, predicateMethods, formatMethods] {
    all.merge(group) { first, _ in first }
  }
  return all
}()

/// A method without arguments that changes the text.
private func plain(_ name: String, _ change: @escaping @Sendable (Text) -> Text) -> Method<Text> {
  { arguments, text, _ in
    _ = try arguments.bind(name, [])
    return .string(change(text))
  }
}

private let caseMethods: [String: Method<Text>] = [
  "upper": plain("upper") { $0.uppercased },
  "lower": plain("lower") { $0.lowercased },
  "casefold": plain("casefold") { $0.uppercased.lowercased },
  "capitalize": plain("capitalize") { $0.capitalized },
  "title": plain("title") { $0.titled },
  "swapcase": plain("swapcase") { $0.swappedCase },
]

/// The text of an argument; nil where it is missing or None.
func textArgument(_ value: Value?, _ function: String) throws -> Text? {
  switch value {
  case nil, .some(.none): return nil
  case .string(let text): return text
  case .undefined(let undefined): throw Failure(undefined)
  case let value?: throw Failure("\(function)() argument must be str, not \(value.typeName)")
  }
}

func requiredText(_ value: Value?, _ function: String) throws -> Text {
  guard let text = try textArgument(value, function) else {
    throw Failure("\(function)() argument must be str, not None")
  }
  return text
}

func integerArgument(_ value: Value?, _ function: String) throws -> Int? {
  switch value {
  case nil, .some(.none): return nil
  case .undefined(let undefined): throw Failure(undefined)
  case let value?:
    guard let integer = value.integer else {
      throw Failure("'\(value.typeName)' object cannot be interpreted as an integer")
    }
    return integer
  }
}

// MARK: - Parts

private func strip(_ name: String, _ side: Text.Side) -> Method<Text> {
  { arguments, text, _ in
    let characters = try arguments.bind(name, ["chars"])[0]
    return .string(text.stripped(side, try textArgument(characters, name)))
  }
}

private let partMethods: [String: Method<Text>] = [
  "strip": strip("strip", .both),
  "lstrip": strip("lstrip", .left),
  "rstrip": strip("rstrip", .right),
  "split": { arguments, text, _ in try split(arguments, text, "split", fromRight: false) },
  "rsplit": { arguments, text, _ in try split(arguments, text, "rsplit", fromRight: true) },
  "splitlines": splitLines,
  "partition": partition,
  "rpartition": lastPartition,
  "removeprefix": removePrefix,
  "removesuffix": removeSuffix,
]

private func requiredSeparator(_ arguments: Arguments, _ name: String) throws -> Text {
  let separator = try requiredText(arguments.bind(name, ["sep"])[0], name)
  guard !separator.isEmpty else { throw Failure("empty separator") }
  return separator
}

private func parts(of text: Text, around separator: Text, at offset: Int) throws -> Value {
  let end = offset + separator.bytes.count
  return try .tuple([
    .string(text[0..<offset]), .string(separator), .string(text[end..<text.bytes.count]),
  ])
}

private func split(
  _ arguments: Arguments, _ text: Text, _ name: String, fromRight: Bool
) throws -> Value {
  let values = try arguments.bind(name, ["sep", "maxsplit"])
  let limit = try integerArgument(values[1], name) ?? -1
  let maximum = limit < 0 ? Int.max : limit
  guard let separator = try textArgument(values[0], name) else {
    return try .list(text.words(maximum, fromRight: fromRight).map(Value.string))
  }
  guard !separator.isEmpty else { throw Failure("empty separator") }
  return try .list(text.split(separator, maximum, fromRight: fromRight).map(Value.string))
}

extension Text {
  /// Python's `split` at a separator.
  func split(_ separator: Text, _ maximum: Int = .max, fromRight: Bool = false) -> [Text] {
    var offsets = occurrences(of: separator, fromRight: fromRight)
    if offsets.count > maximum {
      offsets = fromRight ? Array(offsets.suffix(maximum)) : Array(offsets.prefix(maximum))
    }
    var result: [Text] = []
    var start = 0
    for offset in offsets {
      result.append(self[start..<offset])
      start = offset + separator.bytes.count
    }
    result.append(self[start..<bytes.count])
    return result
  }

  /// Byte offsets of occurrences that don't overlap, found from one end, in order.
  func occurrences(of needle: Text, fromRight: Bool = false) -> [Int] {
    if fromRight {
      let mirrored = Text(reversing: self).occurrences(of: Text(reversing: needle))
      return mirrored.reversed().map { bytes.count - $0 - needle.bytes.count }
    }
    var result: [Int] = []
    var position = 0
    while let offset = firstOffset(of: needle, from: position) {
      result.append(offset)
      position = offset + needle.bytes.count
    }
    return result
  }

  /// The bytes backwards: for searching only.
  private init(reversing text: Text) { self.init(bytes: text.bytes.reversed()) }

  /// Python's `split` at white space.
  func words(_ maximum: Int = .max, fromRight: Bool = false) -> [Text] {
    fromRight ? wordsFromRight(maximum) : wordsFromLeft(maximum)
  }

  private func wordsFromLeft(_ maximum: Int) -> [Text] {
    let words = wordRanges()
    guard words.count > maximum else { return words.map { self[$0] } }
    return words.prefix(maximum).map { self[$0] }
      + [self[words[maximum].lowerBound..<bytes.count]]
  }

  private func wordsFromRight(_ maximum: Int) -> [Text] {
    let words = wordRanges()
    guard words.count > maximum else { return words.map { self[$0] } }
    let end = words[words.count - maximum - 1].upperBound
    return [self[0..<end]] + words.suffix(maximum).map { self[$0] }
  }

  private func wordRanges() -> [Range<Int>] {
    var result: [Range<Int>] = []
    var rest = endOfRun(from: 0) { $0.isPythonSpace }
    while rest < bytes.count {
      let end = endOfRun(from: rest) { !$0.isPythonSpace }
      result.append(rest..<end)
      rest = endOfRun(from: end) { $0.isPythonSpace }
    }
    return result
  }

  private func endOfRun(from start: Int, _ belongs: (Unicode.Scalar) -> Bool) -> Int {
    var end = start
    while end < bytes.count {
      let (scalar, length) = scalar(at: end)
      guard belongs(scalar) else { break }
      end += length
    }
    return end
  }

  /// Python's `splitlines`.
  func lines(keepingEnds: Bool = false) -> [Text] {
    var result: [Text] = []
    var start = 0
    var position = 0
    while position < bytes.count {
      let (scalar, length) = scalar(at: position)
      guard scalar.isLineBreak else {
        position += length
        continue
      }
      let end = position
      position += length
      if scalar == "\r", position < bytes.count, bytes[position] == UInt8(ascii: "\n") {
        position += 1
      }
      result.append(self[start..<(keepingEnds ? position : end)])
      start = position
    }
    if start < bytes.count { result.append(self[start..<bytes.count]) }
    return result
  }
}

private func splitLines(
  _ arguments: Arguments, _ text: Text, _: Renderer
) throws -> Value {
  let keepsEnds = try arguments.bind("splitlines", ["keepends"])[0]?.isTrue ?? false
  return try .list(text.lines(keepingEnds: keepsEnds).map(Value.string))
}

private func partition(
  _ arguments: Arguments, _ text: Text, _: Renderer
) throws -> Value {
  let separator = try requiredSeparator(arguments, "partition")
  guard let offset = text.firstOffset(of: separator) else {
    return try .tuple([.string(text), .string(.empty), .string(.empty)])
  }
  return try parts(of: text, around: separator, at: offset)
}

private func lastPartition(
  _ arguments: Arguments, _ text: Text, _: Renderer
) throws -> Value {
  let separator = try requiredSeparator(arguments, "rpartition")
  guard let offset = text.lastOffset(of: separator) else {
    return try .tuple([.string(.empty), .string(.empty), .string(text)])
  }
  return try parts(of: text, around: separator, at: offset)
}

private func removePrefix(
  _ arguments: Arguments, _ text: Text, _: Renderer
) throws -> Value {
  let prefix = try requiredText(arguments.bind("removeprefix", ["prefix"])[0], "removeprefix")
  return .string(text.hasPrefix(prefix) ? text[prefix.bytes.count..<text.bytes.count] : text)
}

private func removeSuffix(
  _ arguments: Arguments, _ text: Text, _: Renderer
) throws -> Value {
  let suffix = try requiredText(arguments.bind("removesuffix", ["suffix"])[0], "removesuffix")
  guard text.hasSuffix(suffix) else { return .string(text) }
  return .string(text[0..<text.bytes.count - suffix.bytes.count])
}
