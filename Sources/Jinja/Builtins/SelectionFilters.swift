/// Filters that choose, change, sort or group elements.

let selectionFilters: [String: Filter] = [
  "map": { value, arguments, renderer in
    let elements = value.isTrue ? try value.elements() : []
    if arguments.positional.isEmpty, arguments.named.contains(where: { $0.name == "attribute" }) {
      let values = try arguments.bind("map", ["attribute", "default"])
      let path = AttributePath(values[0] ?? .none)
      let fallback = values[1].flatMap { $0.isNone ? nil : $0 }
      try renderer.spend(elements.count)
      return .object(
        try Generator(elements.map { try path.value(of: $0, fallback: fallback) }))
    }
    guard let name = arguments.positional.first else {
      throw Failure("map requires a filter argument")
    }
    var rest = arguments
    rest.positional.removeFirst()
    return .object(
      try Generator(elements.map { try callFilter(name, $0, rest, renderer) }))
  },
  "select": { try select($0, $1, $2, keepsMatches: true, byAttribute: false) },
  "reject": { try select($0, $1, $2, keepsMatches: false, byAttribute: false) },
  "selectattr": { try select($0, $1, $2, keepsMatches: true, byAttribute: true) },
  "rejectattr": { try select($0, $1, $2, keepsMatches: false, byAttribute: true) },
]

private func select(
  _ value: Value, _ arguments: Arguments, _ renderer: Renderer, keepsMatches: Bool,
  byAttribute: Bool
) throws -> Value {
  var rest = arguments
  var path: AttributePath?
  if byAttribute {
    guard !rest.positional.isEmpty else { throw Failure("Missing parameter for attribute name") }
    path = AttributePath(rest.positional.removeFirst())
  }
  let test = rest.positional.isEmpty ? nil : rest.positional.removeFirst()
  let elements = value.isTrue ? try value.elements() : []
  let kept = try elements.filter { element in
    try renderer.spend(1)
    let subject = try path?.value(of: element) ?? element
    let matches = try test.map { try callTest($0, subject, rest, renderer) } ?? subject.isTrue
    return matches == keepsMatches
  }
  return .object(try Generator(kept))
}

let sortingFilters: [String: Filter] = [
  "sort": { value, arguments, renderer in
    let values = try arguments.bind("sort", ["reverse", "case_sensitive", "attribute"])
    let paths = attributePaths(values[2])
    let ignoresCase = !(values[1]?.isTrue ?? false)
    let keyed = try value.elements().map { element in
      let keys = try paths.map { key(try $0?.value(of: element) ?? element, ignoresCase) }
      return (keys: keys, element: element)
    }
    return try .list(
      sorted(keyed, isReversed: values[0]?.isTrue ?? false, renderer).map(\.element))
  },
  "dictsort": { value, arguments, renderer in
    let values = try arguments.bind("dictsort", ["case_sensitive", "by", "reverse"])
    guard case .dictionary(let mapping) = value else {
      if case .undefined(let undefined) = value { throw Failure(undefined) }
      throw Failure("'\(value.typeName)' object has no attribute 'items'")
    }
    let by = values[1]?.text?.string ?? "key"
    guard by == "key" || by == "value" else {
      throw Failure("You can only sort by either \"key\" or \"value\"")
    }
    let ignoresCase = !(values[0]?.isTrue ?? false)
    let keyed = try zip(mapping.keys, mapping.values).map { name, value in
      (
        keys: [key(by == "key" ? name : value, ignoresCase)],
        element: try Value.tuple([name, value])
      )
    }
    return try .list(
      sorted(keyed, isReversed: values[2]?.isTrue ?? false, renderer).map(\.element))
  },
  "unique": { value, arguments, renderer in
    let values = try arguments.bind("unique", ["case_sensitive", "attribute"])
    let path = values[1].flatMap { $0.isNone ? nil : AttributePath($0) }
    let ignoresCase = !(values[0]?.isTrue ?? false)
    var seen: Set<HashedKey> = []
    let kept = try value.elements().filter { element in
      try renderer.spend(1)
      return seen.insert(try HashedKey(key(try path?.value(of: element) ?? element, ignoresCase)))
        .inserted
    }
    return .object(try Generator(kept))
  },
  "min": { try extreme($0, $1, $2, wanted: .less) },
  "max": { try extreme($0, $1, $2, wanted: .greater) },
  "groupby": { value, arguments, renderer in
    let values = try arguments.bind(
      "groupby", ["attribute", "default", "case_sensitive"], required: 1)
    return try grouped(
      value.elements(), AttributePath(values[0] ?? .none), fallback: values[1],
      ignoresCase: !(values[2]?.isTrue ?? false), renderer)
  },
]

/// What elements are compared by: strings without regard to case, unless that is asked for.
private func key(_ value: Value, _ ignoresCase: Bool) -> Value {
  ignoresCase ? value.text.map { .string($0.lowercased) } ?? value : value
}

/// The paths of an attribute argument, several with commas between them; a nil path for none.
private func attributePaths(_ argument: Value?) -> [AttributePath?] {
  guard let argument, !argument.isNone else { return [nil] }
  guard let text = argument.text else { return [AttributePath(argument)] }
  return text.split(Text(",")).map { AttributePath(.string($0)) }
}

/// Sorted as Python's `sorted` does: stable, also in reverse.
private func sorted(
  _ elements: [(keys: [Value], element: Value)], isReversed: Bool, _ renderer: Renderer
) throws -> [(keys: [Value], element: Value)] {
  func precedes(_ left: [Value], _ right: [Value]) throws -> Bool {
    for (a, b) in zip(left, right) where !areEqual(a, b) { return try order(a, b, "<") == .less }
    return false
  }
  return try elements.enumerated().sorted { left, right in
    try renderer.spend(1)
    let (a, b) = isReversed ? (right, left) : (left, right)
    if try precedes(a.element.keys, b.element.keys) { return true }
    if try precedes(b.element.keys, a.element.keys) { return false }
    return left.offset < right.offset
  }.map(\.element)
}

private func extreme(
  _ value: Value, _ arguments: Arguments, _ renderer: Renderer, wanted: Order
) throws -> Value {
  let values = try arguments.bind("min", ["case_sensitive", "attribute"])
  let path = values[1].flatMap { $0.isNone ? nil : AttributePath($0) }
  let ignoresCase = !(values[0]?.isTrue ?? false)
  var best: (key: Value, element: Value)?
  for element in try value.elements() {
    try renderer.spend(1)
    let candidate = key(try path?.value(of: element) ?? element, ignoresCase)
    if try best.map({ try order(candidate, $0.key, "<") == wanted }) ?? true {
      best = (candidate, element)
    }
  }
  return best?.element
    ?? .undefined(Undefined(message: "No aggregated item, sequence was empty."))
}

private func grouped(
  _ elements: [Value], _ path: AttributePath, fallback: Value?, ignoresCase: Bool,
  _ renderer: Renderer
) throws -> Value {
  let fallback = fallback.flatMap { $0.isNone ? nil : $0 }
  let keyed = try elements.map { element in
    (keys: [key(try path.value(of: element, fallback: fallback), ignoresCase)], element: element)
  }
  var groups: [(key: Value, elements: [Value])] = []
  for (keys, element) in try sorted(keyed, isReversed: false, renderer) {
    if let last = groups.last, areEqual(last.key, keys[0]) {
      groups[groups.count - 1].elements.append(element)
    } else {
      groups.append((keys[0], [element]))
    }
  }
  return try .list(
    groups.map { group in
      let original = try path.value(of: group.elements[0], fallback: fallback)
      return .object(try Group(original, try List(group.elements)))
    })
}

/// One group of `groupby`: a pair whose parts also have names.
final class Group: TemplateObject {
  let typeName = "_GroupTuple"
  let depth: Int
  let weight: Int
  private let key: Value
  private let list: List

  init(_ key: Value, _ list: List) throws {
    self.key = key
    self.list = list
    depth = try containerDepth([key, .list(list)])
    weight = try containerWeight([key, .list(list)])
  }

  var parts: [Value] { [key, .list(list)] }
  var length: Int? { 2 }
  var representation: String { "(\(key.representation), \(Value.list(list).representation))" }

  func attribute(_ name: String) -> Value? {
    switch name {
    case "grouper": key
    case "list": .list(list)
    default: nil
    }
  }

  func makeIterator() -> ValueIterator? {
    var rest = parts
    return { rest.isEmpty ? nil : rest.removeFirst() }
  }
}
