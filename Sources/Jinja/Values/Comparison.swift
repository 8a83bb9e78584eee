/// Python's `==`, `<` and `in`.

/// Python's `==`.
func areEqual(_ left: Value, _ right: Value) -> Bool {
  switch (left, right) {
  case (.undefined, .undefined), (.none, .none): true
  case (.string(let a), .string(let b)): a == b
  case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)): areEqual(a, b)
  case (.dictionary(let a), .dictionary(let b)): areEqual(a, b)
  case (.object(let a), .object(let b)): a === b || areEqualObjects(a, b)
  case (.float(let a), _): right.double == a
  case (_, .float(let b)): left.double == b
  default: left.integer != nil && left.integer == right.integer
  }
}

private func areEqual(_ left: List, _ right: List) -> Bool {
  left === right
    || left.elements.count == right.elements.count
      && zip(left.elements, right.elements).allSatisfy { areEqual($0, $1) }
}

private func areEqual(_ left: Mapping, _ right: Mapping) -> Bool {
  if left === right { return true }
  guard left.count == right.count else { return false }
  return zip(left.keys, left.values).allSatisfy { key, value in
    guard let hashed = try? HashedKey(key), let other = right.value(hashed) else { return false }
    return areEqual(value, other)
  }
}

private func areEqualObjects(_ left: any TemplateObject, _ right: any TemplateObject) -> Bool {
  guard let left = left as? IntegerRange, let right = right as? IntegerRange else { return false }
  return left.elements == right.elements
}

extension Value {
  /// The number as floating point; nil for what isn't a number.
  var double: Double? {
    if case .float(let value) = self { return value }
    return integer.map(Double.init)
  }
}

/// How `left` stands to `right`; throws where Python can't order them.
func order(_ left: Value, _ right: Value, _ symbol: String) throws -> Order {
  switch (left, right) {
  case (.string(let a), .string(let b)): return a == b ? .equal : a < b ? .less : .greater
  case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
    for (a, b) in zip(a.elements, b.elements) where !areEqual(a, b) {
      return try order(a, b, symbol)
    }
    return Order(a.elements.count, b.elements.count)
  case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw Failure(undefined)
  default: break
  }
  if let a = left.integer, let b = right.integer { return Order(a, b) }
  guard let a = left.double, let b = right.double else {
    throw Failure(
      "'\(symbol)' not supported between instances of '\(left.typeName)' and '\(right.typeName)'")
  }
  return a.isNaN || b.isNaN ? .unordered : Order(a, b)
}

/// The result of comparing two values.
enum Order {
  case less, equal, greater, unordered

  init<T: Comparable>(_ left: T, _ right: T) {
    self = left == right ? .equal : left < right ? .less : .greater
  }
}

/// Python's `element in container`.
func contains(_ container: Value, _ element: Value) throws -> Bool {
  switch container {
  case .string(let text):
    guard case .string(let needle) = element else {
      throw Failure(
        "'in <string>' requires string as left operand, not \(element.typeName)")
    }
    return text.contains(needle)
  case .list(let list), .tuple(let list): return list.elements.contains { areEqual($0, element) }
  case .dictionary(let mapping): return mapping.value(try HashedKey(element)) != nil
  case .undefined: return false
  case .object(let object):
    if let range = object as? IntegerRange {
      return element.double.flatMap { Int(exactly: $0) }.map(range.elements.contains) ?? false
    }
    guard let next = object.makeIterator() else { throw notIterable(container) }
    while let candidate = try next() {
      if areEqual(candidate, element) { return true }
    }
    return false
  default: throw Failure("argument of type '\(container.typeName)' is not iterable")
  }
}

func notIterable(_ value: Value) -> Failure {
  Failure("'\(value.typeName)' object is not iterable")
}

extension Value {
  /// An iterator over the value, as Python's `iter` gives it.
  func makeIterator() throws -> ValueIterator {
    let elements: [Value]
    switch self {
    case .list(let list), .tuple(let list): elements = list.elements
    case .dictionary(let mapping): elements = mapping.keys
    case .string(let text): elements = text.characters.map(Value.string)
    case .undefined: elements = []
    case .object(let object):
      guard let iterator = object.makeIterator() else { throw notIterable(self) }
      return iterator
    case .none, .bool, .integer, .float: throw notIterable(self)
    }
    var position = 0
    return {
      guard position < elements.count else { return nil }
      position += 1
      return elements[position - 1]
    }
  }

  /// All elements, as Python's `list` gives them.
  func elements() throws -> [Value] {
    switch self {
    case .list(let list), .tuple(let list): return list.elements
    case .dictionary(let mapping): return mapping.keys
    default:
      var result: [Value] = []
      let next = try makeIterator()
      while let element = try next() { result.append(element) }
      return result
    }
  }

  /// Python's `len`.
  func length() throws -> Int {
    switch self {
    case .string(let text): return text.count
    case .list(let list), .tuple(let list): return list.elements.count
    case .dictionary(let mapping): return mapping.count
    case .undefined: return 0
    case .object(let object):
      if let length = object.length { return length }
    case .none, .bool, .integer, .float: break
    }
    throw Failure("object of type '\(typeName)' has no len()")
  }
}
