/// Filters on lists, dicts and iterators.

let sequenceFilters: [String: Filter] = [
  "length": { value, arguments, _ in
    _ = try arguments.bind("length", [])
    return .integer(try value.length())
  },
  "list": { value, arguments, renderer in
    _ = try arguments.bind("list", [])
    let elements = try value.elements()
    try renderer.spend(elements.count)
    return try .list(elements)
  },
  "first": { value, arguments, _ in
    _ = try arguments.bind("first", [])
    return try value.makeIterator()() ?? empty("No first item, sequence was empty.")
  },
  "last": { value, arguments, _ in
    _ = try arguments.bind("last", [])
    if case .object(let object) = value, object is Generator {
      throw Failure("'generator' object is not reversible")
    }
    return try value.elements().last ?? empty("No last item, sequence was empty.")
  },
  "random": { value, arguments, _ in
    _ = try arguments.bind("random", [])
    return try value.elements().randomElement() ?? empty("No random item, sequence was empty.")
  },
  "default": { value, arguments, _ in
    let values = try arguments.bind("default", ["default_value", "boolean"])
    let usesFallback = value.isUndefined || (values[1]?.isTrue ?? false) && !value.isTrue
    return usesFallback ? values[0] ?? .string(.empty) : value
  },
  "join": { value, arguments, renderer in
    let values = try arguments.bind("join", ["d", "attribute"])
    var elements = try value.elements()
    try renderer.spend(elements.count)
    if let attribute = values[1], !attribute.isNone {
      let path = AttributePath(attribute)
      elements = try elements.map { try path.value(of: $0) }
    }
    return .string(
      try join(elements.map(\.printed), values[0]?.printed ?? .empty, renderer))
  },
  "items": { value, arguments, _ in
    _ = try arguments.bind("items", [])
    switch value {
    case .undefined: return .object(try Generator([]))
    case .dictionary(let mapping): return .object(try Generator(items(of: mapping)))
    default: throw Failure("Can only get item pairs from a mapping.")
    }
  },
  "reverse": { value, arguments, renderer in
    _ = try arguments.bind("reverse", [])
    if case .string(let text) = value {
      return .string(try join(text.characters.reversed(), .empty, renderer))
    }
    let reversed: [Value] = try value.elements().reversed()
    // Python reverses iterators by listing them.
    if case .object(let object) = value, object is Generator { return try .list(reversed) }
    return .object(try Generator(reversed))
  },
  "batch": { value, arguments, renderer in
    let values = try arguments.bind("batch", ["linecount", "fill_with"], required: 1)
    let size = try integerArgument(values[0], "batch") ?? 0
    let elements = try value.elements()
    try renderer.spend(elements.count)
    guard size > 0 else { throw Failure("batch needs a positive number") }
    var batches: [[Value]] = stride(from: 0, to: elements.count, by: size).map {
      Array(elements[$0..<min($0 + size, elements.count)])
    }
    if let fill = values[1], !fill.isNone, let last = batches.last, last.count < size {
      try renderer.spend(size)
      batches[batches.count - 1] += Array(repeating: fill, count: size - last.count)
    }
    return .object(try Generator(batches.map { try .list($0) }))
  },
  "slice": { value, arguments, renderer in
    let values = try arguments.bind("slice", ["slices", "fill_with"], required: 1)
    let count = try integerArgument(values[0], "slice") ?? 0
    guard count > 0 else { throw Failure("integer division or modulo by zero") }
    try renderer.spend(count)
    return .object(
      try Generator(slices(value.elements(), count, values[1]).map { try .list($0) }))
  },
  "sum": { value, arguments, renderer in
    let values = try arguments.bind("sum", ["attribute", "start"])
    let path = values[0].flatMap { $0.isNone ? nil : AttributePath($0) }
    var total = values[1] ?? .integer(0)
    for element in try value.elements() {
      try renderer.spend(1)
      total = try apply(.add, total, try path?.value(of: element) ?? element, renderer)
    }
    return total
  },
  "attr": { value, arguments, _ in
    let name = try arguments.bind("attr", ["name"], required: 1)[0]?.printed ?? .empty
    let attribute = AttributeName(name.string)
    if case .undefined(let undefined) = value { throw Failure(undefined) }
    return attribute.method(of: value) ?? Undefined.attribute(name, of: value)
  },
]

private func empty(_ message: String) -> Value { .undefined(Undefined(message: message)) }

private func slices(_ elements: [Value], _ count: Int, _ fill: Value?) -> [[Value]] {
  let (size, extra) = elements.count.quotientAndRemainder(dividingBy: count)
  var start = 0
  return (0..<count).map { index in
    let end = start + size + (index < extra ? 1 : 0)
    defer { start = end }
    var part = Array(elements[start..<end])
    if let fill, !fill.isNone, index >= extra { part.append(fill) }
    return part
  }
}

/// An attribute by a path such as `function.name` or `items.0`.
struct AttributePath {
  private let keys: [Value]

  init(_ path: Value) {
    guard let text = path.text else {
      keys = [path]
      return
    }
    keys = text.split(Text(".")).map { part in
      let string = part.string
      let isNumber = !part.isEmpty && string.unicodeScalars.allSatisfy(\.isDigit)
      return isNumber ? Int(string).map(Value.integer) ?? .string(part) : .string(part)
    }
  }

  func value(of owner: Value, fallback: Value? = nil) throws -> Value {
    var value = owner
    for key in keys {
      value = try element(key, of: value)
      if value.isUndefined, let fallback { value = fallback }
    }
    return value
  }
}
