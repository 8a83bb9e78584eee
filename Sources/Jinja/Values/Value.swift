/// A value of the template language: what Python's objects are to Jinja2.
enum Value {
  case undefined(Undefined)
  case none
  case bool(Bool)
  case integer(Int)
  case float(Double)
  case string(Text)
  case list(List)
  case tuple(List)
  case dictionary(Mapping)
  case object(any TemplateObject)

  static func string(_ string: String) -> Value { .string(Text(string)) }
  static func list(_ elements: [Value]) throws -> Value { .list(try List(elements)) }
  static func tuple(_ elements: [Value]) throws -> Value { .tuple(try List(elements)) }

  /// The type's name in Python, for messages.
  var typeName: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "NoneType"
    case .bool: "bool"
    case .integer: "int"
    case .float: "float"
    case .string(let text): text.isMarkup ? "Markup" : "str"
    case .list: "list"
    case .tuple: "tuple"
    case .dictionary: "dict"
    case .object(let object): object.typeName
    }
  }

  /// Levels of containers in the value.
  var depth: Int {
    switch self {
    case .list(let list), .tuple(let list): list.depth
    case .dictionary(let mapping): mapping.depth
    case .object(let object): object.depth
    case .undefined, .none, .bool, .integer, .float, .string: 0
    }
  }

  /// How much there is to print or compare in the value, in parts of 64 bytes: a container that
  /// holds another twice counts it twice.
  var weight: Int {
    switch self {
    case .list(let list), .tuple(let list): list.weight
    case .dictionary(let mapping): mapping.weight
    case .object(let object): object.weight
    case .string(let text): 1 + text.bytes.count / 64
    case .undefined, .none, .bool, .integer, .float: 1
    }
  }

  var isUndefined: Bool { if case .undefined = self { true } else { false } }
  var isNone: Bool { if case .none = self { true } else { false } }
  var text: Text? { if case .string(let text) = self { text } else { nil } }

  /// The number, where Python would take the value for an integer (so also a boolean).
  var integer: Int? {
    switch self {
    case .integer(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// Python's truth of a value.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .float(let value): value != 0
    case .string(let text): !text.isEmpty
    case .list(let list), .tuple(let list): !list.elements.isEmpty
    case .dictionary(let mapping): mapping.count > 0
    case .object(let object): object.isTrue
    }
  }
}

/// Why something has no value; using it says so.
final class Undefined {
  let message: () -> String
  let isUnsafe: Bool

  init(message: @escaping @autoclosure () -> String, isUnsafe: Bool = false) {
    self.message = message
    self.isUnsafe = isUnsafe
  }

  static func name(_ name: String) -> Value {
    .undefined(Undefined(message: "'\(name)' is undefined"))
  }

  /// What looking up a missing attribute or element of `owner` gives.
  static func attribute(_ name: Text, of owner: Value) -> Value {
    let type = describe(owner)
    return .undefined(Undefined(message: "'\(type)' has no attribute '\(name.string)'"))
  }

  static func element(_ key: Value, of owner: Value) -> Value {
    if let name = key.text { return attribute(name, of: owner) }
    let type = describe(owner)
    return .undefined(Undefined(message: "\(type) has no element \(key.representation)"))
  }

  /// What the sandbox gives for attributes that would change a value or reach the interpreter.
  static func unsafe(_ name: String, of owner: Value) -> Value {
    let type = owner.typeName
    return .undefined(
      Undefined(
        message: "access to attribute '\(name)' of '\(type)' object is unsafe.", isUnsafe: true))
  }

  private static func describe(_ owner: Value) -> String {
    owner.isNone ? "None" : "\(owner.typeName) object"
  }
}

/// The elements of a list or a tuple. Lists never change: the sandbox refuses every method that
/// would.
final class List {
  let elements: [Value]
  /// Levels of containers within, this one included.
  let depth: Int
  let weight: Int

  init(_ elements: [Value]) throws {
    self.elements = elements
    self.depth = try containerDepth(elements)
    self.weight = try containerWeight(elements)
  }
}

/// Values nested deeper than this are refused, so that nothing that walks them runs out of stack.
let maximumValueDepth = 320

/// The depth of a container of these elements.
func containerDepth(_ elements: some Sequence<Value>) throws -> Int {
  var deepest = 0
  for element in elements { deepest = max(deepest, element.depth) }
  guard deepest < maximumValueDepth else { throw Failure("a value is nested too deeply") }
  return deepest + 1
}

/// Values heavier than this are refused: lists that hold each other twice, twenty levels deep, are
/// small in memory and have no end when they are printed.
let maximumValueWeight = 1 << 22

/// The weight of a container of these elements.
func containerWeight(_ elements: some Sequence<Value>, _ own: Int = 1) throws -> Int {
  var total = own
  // No element is heavier than the limit, so the sum can't overflow before it is checked.
  for element in elements {
    total += element.weight
    guard total <= maximumValueWeight else {
      throw Failure("a value is too large", kind: .limit)
    }
  }
  return total
}

/// Something with behaviour: a namespace, a macro, a loop, a generator, a method.
protocol TemplateObject: AnyObject {
  var typeName: String { get }
  /// What Python's `repr` prints.
  var representation: String { get }
  /// Levels of containers within.
  var depth: Int { get }
  /// What printing it takes; see `Value.weight`.
  var weight: Int { get }
  var isTrue: Bool { get }
  var isCallable: Bool { get }
  /// Number of elements, where `len` is defined.
  var length: Int? { get }
  func attribute(_ name: String) -> Value?
  /// An iterator over the elements; nil where the object isn't iterable.
  func makeIterator() -> ValueIterator?
  func call(_ arguments: Arguments, _ renderer: Renderer) throws -> Value
}

extension TemplateObject {
  var representation: String { "<\(typeName) object>" }
  var depth: Int { 0 }
  var weight: Int { 1 }
  var isTrue: Bool { length.map { $0 > 0 } ?? true }
  var isCallable: Bool { false }
  var length: Int? { nil }
  func attribute(_ name: String) -> Value? { nil }
  func makeIterator() -> ValueIterator? { nil }
  func call(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    throw Failure("'\(typeName)' object is not callable")
  }
}

/// A Python iterator: hands out elements one by one.
typealias ValueIterator = () throws -> Value?

/// An error on its way to `Template.render`, which adds the line.
struct Failure: Error {
  let message: String
  var kind = TemplateError.Kind.runtime

  init(_ message: String, kind: TemplateError.Kind = .runtime) {
    self.message = message
    self.kind = kind
  }

  init(_ undefined: Undefined) {
    self.init(undefined.message(), kind: undefined.isUnsafe ? .security : .undefined)
  }
}
