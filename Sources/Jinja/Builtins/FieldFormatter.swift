/// Python's `str.format`: replacement fields in braces.
struct FieldFormatter {
  let template: Text
  let arguments: Arguments
  let renderer: Renderer

  private static let maximumNesting = 2

  func formatted() throws -> Text {
    var state = State()
    return try expand(template, &state, nesting: Self.maximumNesting)
  }

  /// Whether fields are numbered by hand or in order.
  private struct State {
    var next = 0
    var isManual: Bool?
  }

  private func expand(_ text: Text, _ state: inout State, nesting: Int) throws -> Text {
    guard nesting > 0 else { throw Failure("Max string recursion exceeded") }
    var builder = TextBuilder()
    var position = 0
    let bytes = text.bytes
    while position < bytes.count {
      let brace = bytes[position...].firstIndex { $0 == 0x7B || $0 == 0x7D } ?? bytes.count
      builder.append(text[position..<brace])
      guard brace < bytes.count else { break }
      if brace + 1 < bytes.count, bytes[brace + 1] == bytes[brace] {
        builder.append(byte: bytes[brace])
        position = brace + 2
        continue
      }
      guard bytes[brace] == 0x7B else {
        throw Failure("Single '}' encountered in format string")
      }
      let end = try endOfField(bytes, from: brace + 1)
      builder.append(try field(text[(brace + 1)..<end], &state, nesting))
      try renderer.check(builder.bytes.count)
      position = end + 1
    }
    try renderer.reserve(builder.bytes.count)
    return builder.text
  }

  private func endOfField(_ bytes: [UInt8], from start: Int) throws -> Int {
    var depth = 1
    for index in start..<bytes.count {
      if bytes[index] == 0x7B { depth += 1 }
      if bytes[index] == 0x7D { depth -= 1 }
      if depth == 0 { return index }
    }
    throw Failure("expected '}' before end of string")
  }

  /// `name!conversion:specification`
  private func field(_ text: Text, _ state: inout State, _ nesting: Int) throws -> Text {
    let bytes = text.bytes
    let end = bytes.firstIndex { $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: ":") } ?? bytes.count
    var value = try lookUp(text[0..<end].string, &state)
    var rest = end
    if rest < bytes.count, bytes[rest] == UInt8(ascii: "!") {
      guard rest + 1 < bytes.count else {
        throw Failure("end of string while looking for conversion")
      }
      switch bytes[rest + 1] {
      case UInt8(ascii: "s"): value = .string(value.printed)
      case UInt8(ascii: "r"), UInt8(ascii: "a"): value = .string(value.representationText)
      default: throw Failure("Unknown conversion specifier")
      }
      rest += 2
    }
    guard rest < bytes.count else { return try format(value, FormatSpecification()) }
    guard bytes[rest] == UInt8(ascii: ":") else {
      throw Failure("expected ':' after conversion specifier")
    }
    let specification = try expand(text[(rest + 1)..<bytes.count], &state, nesting: nesting - 1)
    return try format(value, try FormatSpecification(specification.string))
  }

  /// `name.attribute[element]`
  private func lookUp(_ path: String, _ state: inout State) throws -> Value {
    let head = path.prefix { $0 != "." && $0 != "[" }
    var value = try argument(String(head), &state)
    var rest = path.dropFirst(head.count)
    while let first = rest.first {
      rest = rest.dropFirst()
      if first == "." {
        let name = rest.prefix { $0 != "." && $0 != "[" }
        value = try AttributeName(String(name)).value(of: value)
        rest = rest.dropFirst(name.count)
      } else {
        let key = rest.prefix { $0 != "]" }
        guard rest.count > key.count else { throw Failure("Missing ']' in format string") }
        value = try element(Int(key).map(Value.integer) ?? .string(String(key)), of: value)
        rest = rest.dropFirst(key.count + 1)
      }
    }
    return value
  }

  private func argument(_ name: String, _ state: inout State) throws -> Value {
    let isManual = !name.isEmpty
    if name.isEmpty || Int(name) != nil {
      if let before = state.isManual, before != isManual {
        throw Failure("cannot switch between manual and automatic field numbering")
      }
      state.isManual = isManual
      let index = Int(name) ?? state.next
      if !isManual { state.next += 1 }
      guard arguments.positional.indices.contains(index) else {
        throw Failure("Replacement index \(index) out of range for positional args tuple")
      }
      return arguments.positional[index]
    }
    guard let value = arguments.named.first(where: { $0.name == name })?.value else {
      throw Failure("KeyError: '\(name)'")
    }
    return value
  }
}
