/// Attributes, elements and slices.

/// `owner.name`
final class Attribute: Expression {
  let owner: any Expression
  let name: AttributeName
  let line: Int
  let depth: Int

  init(_ owner: any Expression, _ name: AttributeName, line: Int) {
    self.owner = owner
    self.name = name
    self.line = line
    depth = 1 + owner.depth
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    let owner = try owner.evaluate(renderer, scope)
    renderer.line = line
    return try name.value(of: owner)
  }
}

/// A name after a dot, with what it means for each type looked up once.
struct AttributeName {
  let text: Text
  let string: String
  let stringMethod: Method<Text>?
  let listMethod: Method<List>?
  let dictionaryMethod: Method<Mapping>?
  /// Python objects have it, and the sandbox hides it.
  let isPrivate: Bool

  init(_ name: String) {
    string = name
    text = Text(name)
    stringMethod = stringMethods[name]
    listMethod = listMethods[name]
    dictionaryMethod = dictionaryMethods[name]
    isPrivate = name.hasPrefix("__") && name.hasSuffix("__")
  }

  /// `owner.name`: a method or attribute first, then an element of that name.
  func value(of owner: Value) throws -> Value {
    switch owner {
    case .undefined(let undefined): throw Failure(undefined)
    case .dictionary(let mapping) where dictionaryMethod == nil:
      if let value = mapping.value(text) { return isPrivate ? unsafe(owner) : value }
    default: break
    }
    return method(of: owner) ?? Undefined.attribute(text, of: owner)
  }

  private func unsafe(_ owner: Value) -> Value { Undefined.unsafe(string, of: owner) }

  /// The method or attribute of that name; nil where the type has none.
  func method(of owner: Value) -> Value? {
    if isPrivate { return unsafe(owner) }
    switch owner {
    case .string(let text): return bind(stringMethod, text, owner)
    case .list(let list):
      if mutatingListMethods.contains(string) { return unsafe(owner) }
      return bind(listMethod, list, owner)
    case .tuple(let list): return bind(listMethod, list, owner)
    case .dictionary(let mapping):
      if mutatingDictionaryMethods.contains(string) { return unsafe(owner) }
      return bind(dictionaryMethod, mapping, owner)
    case .object(let object): return object.attribute(string)
    case .integer(let value) where string == "bit_length":
      return .object(
        NativeFunction(string) { arguments, _ in
          _ = try arguments.bind("bit_length", [])
          return .integer(Int.bitWidth - value.magnitude.leadingZeroBitCount)
        })
    case .undefined, .none, .bool, .integer, .float: return nil
    }
  }

  /// Calls the method without making it an object first; nil where the type hasn't it built in.
  func call(_ owner: Value, _ arguments: Arguments, _ renderer: Renderer) throws -> Value? {
    switch owner {
    case .string(let text):
      if stringMethod != nil { try renderer.spend(on: text) }
      return try stringMethod?(arguments, text, renderer)
    case .list(let list), .tuple(let list):
      return try listMethod?(arguments, list, renderer)
    case .dictionary(let mapping): return try dictionaryMethod?(arguments, mapping, renderer)
    default: return nil
    }
  }

  private func bind<Owner>(
    _ method: Method<Owner>?, _ owner: Owner, _ value: Value
  ) -> Value? {
    guard let method else { return nil }
    let description = "<built-in method \(string) of \(value.typeName) object>"
    return .object(
      NativeFunction(string, description, depth: value.depth) { try method($0, owner, $1) })
  }
}

/// A method of a built-in type.
typealias Method<Owner> = @Sendable (Arguments, Owner, Renderer) throws -> Value

/// Python's methods that change a value; the sandbox refuses them.
private let mutatingListMethods: Set<String> = [
  "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
]
private let mutatingDictionaryMethods: Set<String> = [
  "clear", "pop", "popitem", "setdefault", "update",
]

/// `owner[key]`
final class Element: Expression {
  let owner: any Expression
  let key: any Expression
  let line: Int
  let depth: Int

  init(_ owner: any Expression, _ key: any Expression, line: Int) {
    self.owner = owner
    self.key = key
    self.line = line
    depth = 1 + max(owner.depth, key.depth)
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    let owner = try owner.evaluate(renderer, scope)
    let key = try key.evaluate(renderer, scope)
    renderer.line = line
    if case .string(let text) = owner, !text.isASCII { try renderer.spend(on: text) }
    return try element(key, of: owner)
  }
}

/// `owner[key]`: an element first, then an attribute of that name.
func element(_ key: Value, of owner: Value) throws -> Value {
  switch owner {
  case .undefined(let undefined): throw Failure(undefined)
  case .dictionary(let mapping):
    if let hashed = try? HashedKey(key), let value = mapping.value(hashed) { return value }
  case .list(let list), .tuple(let list):
    if let index = index(key, list.elements.count) { return list.elements[index] }
  case .string(let text):
    if let index = index(key, text.count) { return .string(text.slice(index..<index + 1)) }
  case .object(let object):
    if let range = object as? IntegerRange, let index = index(key, range.elements.count) {
      return .integer(range.elements[index])
    }
  case .none, .bool, .integer, .float: break
  }
  if let name = key.text, let value = AttributeName(name.string).method(of: owner) { return value }
  return Undefined.element(key, of: owner)
}

/// The position that an index names, counting from the end where it is negative.
private func index(_ key: Value, _ count: Int) -> Int? {
  guard let index = key.integer else { return nil }
  let position = index < 0 ? index + count : index
  return (0..<count).contains(position) ? position : nil
}

/// `owner[start:stop:step]`
final class Slice: Expression {
  let owner: any Expression
  let bounds: [(any Expression)?]  // start, stop, step
  let line: Int
  let depth: Int

  init(_ owner: any Expression, _ bounds: [(any Expression)?], line: Int) {
    self.owner = owner
    self.bounds = bounds
    self.line = line
    depth = 1 + bounds.reduce(owner.depth) { max($0, $1?.depth ?? 0) }
  }

  func evaluate(_ renderer: Renderer, _ scope: Scope) throws -> Value {
    let owner = try owner.evaluate(renderer, scope)
    let limits = try bounds.map { try $0.flatMap { try Self.limit($0.evaluate(renderer, scope)) } }
    renderer.line = line
    switch owner {
    case .undefined(let undefined): throw Failure(undefined)
    case .string(let text):
      try renderer.spend(on: text)
      return .string(try slice(text, limits))
    case .list(let list): return try .list(pick(list.elements, limits))
    case .tuple(let list): return try .tuple(pick(list.elements, limits))
    case .object(let range as IntegerRange):
      return try .list(pick(range.elements.map(Value.integer), limits))
    default: throw Failure("'\(owner.typeName)' object is not subscriptable")
    }
  }

  private static func limit(_ value: Value) throws -> Int? {
    if value.isNone { return nil }
    guard let integer = value.integer else {
      throw Failure("slice indices must be integers or None")
    }
    return integer
  }

  private func pick(_ elements: [Value], _ limits: [Int?]) throws -> [Value] {
    let indices = try sliceIndices(limits, count: elements.count)
    if indices.step == 1 {
      return Array(elements[indices.start..<max(indices.start, indices.stop)])
    }
    return stride(from: indices.start, to: indices.stop, by: indices.step).map { elements[$0] }
  }

  private func slice(_ text: Text, _ limits: [Int?]) throws -> Text {
    let indices = try sliceIndices(limits, count: text.count)
    if indices.step == 1 { return text.slice(indices.start..<max(indices.start, indices.stop)) }
    let characters = text.characters
    var builder = TextBuilder()
    for index in stride(from: indices.start, to: indices.stop, by: indices.step) {
      builder.append(characters[index])
    }
    return builder.text
  }
}

/// Python's `slice.indices`: the bounds clipped to a sequence.
private func sliceIndices(
  _ limits: [Int?], count: Int
) throws -> (start: Int, stop: Int, step: Int) {
  let step = limits[2] ?? 1
  guard step != 0 else { throw Failure("slice step cannot be zero") }
  let lowest = step < 0 ? -1 : 0
  let highest = step < 0 ? count - 1 : count
  func clipped(_ limit: Int) -> Int {
    limit < 0 ? max(limit < -count ? lowest : limit + count, lowest) : min(limit, highest)
  }
  let start = limits[0].map(clipped) ?? (step < 0 ? highest : lowest)
  let stop = limits[1].map(clipped) ?? (step < 0 ? lowest : highest)
  return (start, stop, step)
}
