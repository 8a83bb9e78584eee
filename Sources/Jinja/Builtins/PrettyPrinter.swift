/// Python's `pprint.pformat`: what fits in a line of 80 characters stays in one, everything else
/// gets a line for each element; dicts are in the order of their keys.
struct PrettyPrinter {
  private static let width = 80
  private var output = TextBuilder()
  private let renderer: Renderer

  static func text(of value: Value, _ renderer: Renderer) throws -> Text {
    var printer = PrettyPrinter(renderer: renderer)
    try printer.write(value, indent: 0, allowance: 0, level: 1)
    try renderer.reserve(printer.output.bytes.count)
    return printer.output.text
  }

  private init(renderer: Renderer) { self.renderer = renderer }

  /// Writes a value that begins in column `indent`, with `allowance` characters to follow it.
  private mutating func write(_ value: Value, indent: Int, allowance: Int, level: Int) throws {
    let line = try line(value)
    guard line.count > Self.width - indent - allowance else { return output.append(line) }
    switch value {
    case .string(let text) where !text.isMarkup && !text.isEmpty:
      try write(text, indent: indent, allowance: allowance, level: level)
    case .list(let list):
      try write(list.elements, "[", "]", indent, allowance, level)
    case .tuple(let list):
      try write(list.elements, "(", Self.close(list.elements), indent, allowance, level)
    case .dictionary(let mapping):
      try write(mapping, indent, allowance, level)
    default: output.append(line)
    }
  }

  private static func close(_ elements: [Value]) -> String { elements.count == 1 ? ",)" : ")" }

  private mutating func write(
    _ elements: [Value], _ open: String, _ close: String, _ indent: Int, _ allowance: Int,
    _ level: Int
  ) throws {
    output.append(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { try breakLine(",", indent + 1) }
      let isLast = index == elements.count - 1
      try write(
        element, indent: indent + 1, allowance: isLast ? allowance + close.utf8.count : 1,
        level: level + 1)
    }
    output.append(close)
  }

  private mutating func write(
    _ mapping: Mapping, _ indent: Int, _ allowance: Int, _ level: Int
  ) throws {
    output.append("{")
    for (index, member) in Self.members(of: mapping).enumerated() {
      if index > 0 { try breakLine(",", indent + 1) }
      let key = try line(member.key)
      output.append(key)
      output.append(": ")
      let isLast = index == mapping.count - 1
      try write(
        member.value, indent: indent + 1 + key.count + 2, allowance: isLast ? allowance + 1 : 1,
        level: level + 1)
    }
    output.append("}")
  }

  private mutating func breakLine(_ separator: String, _ indent: Int) throws {
    try renderer.reserve(output.bytes.count + indent)
    output.append(separator + "\n" + String(repeating: " ", count: indent))
  }

  // MARK: - Strings

  /// A string too long for its line, as literals that Python would join again.
  private mutating func write(_ text: Text, indent: Int, allowance: Int, level: Int) throws {
    let isOutermost = level == 1
    let indent = isOutermost ? indent + 1 : indent
    let allowance = isOutermost ? allowance + 1 : allowance
    let literals = literals(of: text, Self.width - indent, allowance)
    if literals.count == 1 { return output.append(literals[0]) }
    if isOutermost { output.append("(") }
    for (index, literal) in literals.enumerated() {
      if index > 0 { try breakLine("", indent) }
      output.append(literal)
    }
    if isOutermost { output.append(")") }
  }

  /// One literal a line, more where that is wider than `width`; `allowance` less for the last one.
  private func literals(of text: Text, _ width: Int, _ allowance: Int) -> [Text] {
    var result: [Text] = []
    let lines = text.lines(keepingEnds: true)
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      let whole = Value.string(line).representationText
      if whole.count <= (isLast ? width - allowance : width) {
        result.append(whole)
      } else {
        result += wrapped(line, width, isLast ? allowance : 0)
      }
    }
    return result
  }

  private func wrapped(_ line: Text, _ width: Int, _ allowance: Int) -> [Text] {
    var result: [Text] = []
    let ends = Self.ends(ofWordsIn: line)
    var start = 0
    var end = 0
    for (index, next) in ends.enumerated() {
      let limit = index == ends.count - 1 ? width - allowance : width
      if Value.string(line[start..<next]).representationText.count > limit, end > start {
        result.append(Value.string(line[start..<end]).representationText)
        start = end
      }
      end = next
    }
    result.append(Value.string(line[start..<end]).representationText)
    return result
  }

  /// Byte offsets behind each word and the white space that follows it.
  private static func ends(ofWordsIn line: Text) -> [Int] {
    var ends: [Int] = []
    var position = 0
    var wasSpace = false
    while position < line.bytes.count {
      let (scalar, length) = line.scalar(at: position)
      if wasSpace, !scalar.isPythonSpace { ends.append(position) }
      wasSpace = scalar.isPythonSpace
      position += length
    }
    return ends + [position]
  }

  // MARK: - On one line

  private func line(_ value: Value) throws -> Text {
    var builder = TextBuilder()
    try writeLine(value, to: &builder)
    try renderer.reserve(builder.bytes.count)
    return builder.text
  }

  private func writeLine(_ value: Value, to builder: inout TextBuilder) throws {
    try renderer.spend(1)
    switch value {
    case .list(let list): try writeLine(list.elements, "[", "]", to: &builder)
    case .tuple(let list):
      try writeLine(list.elements, "(", Self.close(list.elements), to: &builder)
    case .dictionary(let mapping):
      builder.append("{")
      for (index, member) in Self.members(of: mapping).enumerated() {
        if index > 0 { builder.append(", ") }
        try writeLine(member.key, to: &builder)
        builder.append(": ")
        try writeLine(member.value, to: &builder)
      }
      builder.append("}")
    default: value.writeRepresentation(to: &builder)
    }
    try renderer.check(builder.bytes.count)
  }

  private func writeLine(
    _ elements: [Value], _ open: String, _ close: String, to builder: inout TextBuilder
  ) throws {
    builder.append(open)
    for (index, element) in elements.enumerated() {
      if index > 0 { builder.append(", ") }
      try writeLine(element, to: &builder)
    }
    builder.append(close)
  }

  /// The members in the order of their keys; keys that can't be compared go by their types.
  private static func members(of mapping: Mapping) -> [(key: Value, value: Value)] {
    zip(mapping.keys, mapping.values).map { (key: $0, value: $1) }.sorted { left, right in
      guard let order = try? order(left.key, right.key, "<") else {
        return left.key.typeName < right.key.typeName
      }
      return order == .less
    }
  }
}
