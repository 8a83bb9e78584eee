/// The built-in values with behaviour.

/// A function of the language itself, or a method bound to its value.
final class NativeFunction: TemplateObject {
  typealias Body = (Arguments, Renderer) throws -> Value

  let name: String
  let typeName = "builtin_function_or_method"
  let representation: String
  let isCallable = true
  let depth: Int
  private let body: Body

  init(_ name: String, _ representation: String? = nil, depth: Int = 0, _ body: @escaping Body) {
    self.name = name
    self.representation = representation ?? "<function \(name)>"
    self.depth = depth
    self.body = body
  }

  func call(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    try body(arguments, renderer)
  }
}

/// `namespace(…)`: the one thing a template can change.
final class Namespace: TemplateObject {
  private var members = Mapping()
  let typeName = "TemplateNamespace"
  private(set) var depth = 1

  init(_ arguments: Arguments, _ renderer: Renderer) throws {
    let initial = try dictionary(arguments)
    for (key, value) in zip(initial.keys, initial.values) {
      try set(key.text?.string ?? "", value)
    }
    renderer.adopt { self.members = Mapping() }
  }

  func set(_ name: String, _ value: Value) throws {
    guard !name.hasPrefix("_") else {
      throw Failure(
        "Chat templates cannot store underscore-prefixed attributes on a namespace, but got "
          + "'\(name)'. Please rename the attribute.", kind: .security)
    }
    depth = max(depth, try containerDepth(CollectionOfOne(value)))
    try members.set(.string(name), value)
  }

  func attribute(_ name: String) -> Value? { members.value(Text(name)) }

  var representation: String { "<Namespace \(memberNames)>" }

  private var memberNames: String { "of \(members.count) attributes" }
}

/// A Python iterator over elements that were computed at once; they can be taken only once.
final class Generator: TemplateObject {
  let typeName = "generator"
  let depth: Int
  private let elements: [Value]
  private var position = 0

  init(_ elements: [Value]) throws {
    self.elements = elements
    depth = try containerDepth(elements)
  }

  func makeIterator() -> ValueIterator? {
    {
      guard self.position < self.elements.count else { return nil }
      self.position += 1
      return self.elements[self.position - 1]
    }
  }
}

/// What `keys()`, `values()` and `items()` of a dict give.
final class MappingView: TemplateObject {
  let typeName: String
  let depth: Int
  let weight: Int
  private let elements: [Value]

  init(_ typeName: String, _ elements: [Value]) throws {
    self.typeName = typeName
    self.elements = elements
    depth = try containerDepth(elements)
    weight = try containerWeight(elements)
  }

  var length: Int? { elements.count }

  var representation: String {
    "\(typeName)([\(elements.map(\.representation).joined(separator: ", "))])"
  }

  func makeIterator() -> ValueIterator? {
    var position = 0
    return { [elements] in
      guard position < elements.count else { return nil }
      position += 1
      return elements[position - 1]
    }
  }
}

/// `range(…)`
final class IntegerRange: TemplateObject {
  let typeName = "range"
  let elements: [Int]
  let representation: String

  /// The sandbox's own limit.
  private static let maximumCount = 100_000

  init(start: Int, stop: Int, step: Int) throws {
    guard step != 0 else { throw Failure("range() arg 3 must not be zero") }
    let distance = Double(stop) - Double(start)
    guard distance / Double(step) <= Double(Self.maximumCount) else {
      throw Failure(
        "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(Self.maximumCount)).")
    }
    elements = Array(stride(from: start, to: stop, by: step))
    representation = "range(\(start), \(stop)\(step == 1 ? "" : ", \(step)"))"
  }

  var length: Int? { elements.count }

  func makeIterator() -> ValueIterator? {
    var position = 0
    return { [elements] in
      guard position < elements.count else { return nil }
      position += 1
      return .integer(elements[position - 1])
    }
  }
}

/// `cycler(a, b, …)`
final class Cycler: TemplateObject {
  let typeName = "Cycler"
  let depth: Int
  private let items: [Value]
  private var position = 0

  init(_ items: [Value]) throws {
    guard !items.isEmpty else { throw Failure("at least one item has to be provided") }
    self.items = items
    depth = try containerDepth(items)
  }

  func attribute(_ name: String) -> Value? {
    switch name {
    case "current": items[position]
    case "next":
      .object(
        NativeFunction("next", depth: depth) { _, _ in
          defer { self.position = (self.position + 1) % self.items.count }
          return self.items[self.position]
        })
    case "reset":
      .object(
        NativeFunction("reset", depth: depth) { _, _ in
          self.position = 0
          return .none
        })
    default: nil
    }
  }
}

/// `joiner(separator)`: nothing the first time it is called, the separator from then on.
final class Joiner: TemplateObject {
  let typeName = "Joiner"
  let isCallable = true
  private let separator: Value
  private var isUsed = false

  init(_ separator: Value) { self.separator = separator }

  func call(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    defer { isUsed = true }
    return isUsed ? separator : .string(.empty)
  }
}
