/// `{% for target in iterable if condition recursive %}…{% else %}…{% endfor %}`
final class For: Statement {
  let target: Target
  let iterable: any Expression
  let condition: (any Expression)?
  let isRecursive: Bool
  let body: Body
  let alternative: Body
  let loopSymbol: Int
  let line: Int
  let depth: Int

  init(
    target: Target, iterable: any Expression, condition: (any Expression)?, isRecursive: Bool,
    body: Body, alternative: Body, loopSymbol: Int, line: Int
  ) {
    self.target = target
    self.iterable = iterable
    self.condition = condition
    self.isRecursive = isRecursive
    self.body = body
    self.alternative = alternative
    self.loopSymbol = loopSymbol
    self.line = line
    depth = 1 + max(iterable.depth, condition?.depth ?? 0, body.depth, alternative.depth)
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    renderer.line = line
    try run(over: try iterable.evaluate(renderer, scope), depth: 0, renderer, scope)
    return .next
  }

  /// Runs the body for every element; also called by `loop(…)` of a recursive loop.
  func run(over value: Value, depth: Int, _ renderer: Renderer, _ scope: Scope) throws {
    let loop = try Loop(over: value, statement: self, depth: depth, scope: scope)
    if isRecursive { renderer.adopt { _ = loop } }
    if let condition { try loop.filter { try self.test(condition, $0, renderer, scope) } }
    var inner = Scope(in: scope)
    var hasCompleted = false
    while let element = try loop.advance() {
      try renderer.spend(1)
      if isKnownUniquelyReferenced(&inner) { inner.removeAll() } else { inner = Scope(in: scope) }
      inner.set(loopSymbol, .object(loop))
      try target.assign(element, renderer, inner)
      let flow = try body.execute(renderer, inner)
      if flow == .next { hasCompleted = true }
      if flow == .breakLoop { break }
    }
    // As in Jinja2, where every turn ended early counts like no turn at all.
    if !hasCompleted { _ = try alternative.execute(renderer, Scope(in: scope)) }
  }

  private func test(
    _ condition: any Expression, _ element: Value, _ renderer: Renderer, _ scope: Scope
  ) throws -> Bool {
    let inner = Scope(in: scope)
    try target.assign(element, renderer, inner)
    try renderer.spend(1)
    return try condition.evaluate(renderer, inner).isTrue
  }
}

/// The variable `loop` inside a loop.
final class Loop: TemplateObject {
  private let statement: For
  private let scope: Scope
  private let depth0: Int
  private var next: ValueIterator
  /// The length, where it is known without going through the elements.
  private var knownLength: Int?
  private var upcoming: [Value] = []
  private var hasEnded = false
  private(set) var index0 = -1
  private var previous: Value?
  private var current: Value?
  private var lastChanged: [Value]?

  let typeName = "LoopContext"
  let depth: Int

  init(over value: Value, statement: For, depth depth0: Int, scope: Scope) throws {
    depth = try containerDepth(CollectionOfOne(value))
    next = try value.makeIterator()
    knownLength = try? value.length()
    self.statement = statement
    self.scope = scope
    self.depth0 = depth0
  }

  /// Leaves out the elements that don't pass, each tested when its turn comes.
  func filter(_ isIncluded: @escaping (Value) throws -> Bool) throws {
    let all = next
    knownLength = nil
    next = {
      while let element = try all() {
        if try isIncluded(element) { return element }
      }
      return nil
    }
  }

  /// Moves to the next element.
  func advance() throws -> Value? {
    guard let element = try upcoming.isEmpty ? fetch() : upcoming.removeFirst() else { return nil }
    index0 += 1
    previous = current
    current = element
    return element
  }

  private func fetch() throws -> Value? {
    if hasEnded { return nil }
    let element = try next()
    hasEnded = element == nil
    return element
  }

  private func peek() throws -> Value? {
    if upcoming.isEmpty, let element = try fetch() { upcoming.append(element) }
    return upcoming.first
  }

  private func count() throws -> Int {
    if let knownLength { return knownLength }
    while let element = try fetch() { upcoming.append(element) }
    let length = index0 + 1 + upcoming.count
    knownLength = length
    let rest = upcoming
    var position = 0
    upcoming = []
    hasEnded = false
    next = {
      guard position < rest.count else { return nil }
      position += 1
      return rest[position - 1]
    }
    return length
  }

  var length: Int? { try? count() }

  var representation: String { "<LoopContext \(index0 + 1)/\((try? count()) ?? 0)>" }
}

extension Loop {
  func attribute(_ name: String) -> Value? {
    do {
      switch name {
      case "index": return .integer(index0 + 1)
      case "index0": return .integer(index0)
      case "first": return .bool(index0 == 0)
      case "last": return .bool(try peek() == nil)
      case "length": return .integer(try count())
      case "revindex": return .integer(try count() - index0)
      case "revindex0": return .integer(try count() - index0 - 1)
      case "depth": return .integer(depth0 + 1)
      case "depth0": return .integer(depth0)
      case "previtem":
        return index0 == 0 ? nil : previous
      case "nextitem": return try peek() ?? missing("there is no next item")
      case "cycle": return .object(NativeFunction("cycle", depth: depth) { try self.cycle($0, $1) })
      case "changed":
        return .object(NativeFunction("changed", depth: depth) { try self.changed($0, $1) })
      default: return nil
      }
    } catch {
      return missing("the loop's condition failed")
    }
  }

  private func missing(_ message: String) -> Value { .undefined(Undefined(message: message)) }

  private func cycle(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    guard !arguments.positional.isEmpty else { throw Failure("no items for cycling given") }
    return arguments.positional[max(index0, 0) % arguments.positional.count]
  }

  private func changed(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    let values = arguments.positional
    if let last = lastChanged, last.count == values.count,
      zip(last, values).allSatisfy({ areEqual($0, $1) })
    {
      return .bool(false)
    }
    lastChanged = values
    return .bool(true)
  }

  var isCallable: Bool { true }

  /// `loop(children)`: the body again, one level deeper.
  func call(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    guard statement.isRecursive else {
      throw Failure("The loop must have the 'recursive' marker to be called recursively.")
    }
    guard let value = arguments.positional.first, arguments.positional.count == 1 else {
      throw Failure("loop() takes exactly one argument")
    }
    let text = try renderer.nested(statement.depth) {
      try renderer.captured {
        try statement.run(over: value, depth: depth0 + 1, renderer, scope)
      }
    }
    return .string(text)
  }
}
