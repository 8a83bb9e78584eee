/// The tests behind `is`.

let tests: [String: Test] = {
  var all = typeTests
  all.merge(otherTests) { first, _ in first }
  let comparisons: [(names: [String], operation: Comparison.Operator)] = [
    (["==", "eq", "equalto"], .equal), (["!=", "ne"], .notEqual),
    ([">", "gt", "greaterthan"], .greater), (["ge", ">="], .greaterOrEqual),
    (["<", "lt", "lessthan"], .less), (["<=", "le"], .lessOrEqual), (["in"], .isIn),
  ]
  for (names, operation) in comparisons {
    for name in names {
      all[name] = { value, arguments, _ in
        try compare(operation, value, try arguments.bind(name, ["other"], required: 1)[0] ?? .none)
      }
    }
  }
  return all
}()

/// A test without arguments.
private func plain(_ test: @escaping @Sendable (Value) throws -> Bool) -> Test {
  { value, arguments, _ in
    _ = try arguments.bind("test", [])
    return try test(value)
  }
}

private let typeTests: [String: Test] = [
  "defined": plain { !$0.isUndefined },
  "undefined": plain { $0.isUndefined },
  "none": plain { $0.isNone },
  "boolean": plain { if case .bool = $0 { true } else { false } },
  "true": plain { if case .bool(true) = $0 { true } else { false } },
  "false": plain { if case .bool(false) = $0 { true } else { false } },
  "integer": plain { if case .integer = $0 { true } else { false } },
  "float": plain { if case .float = $0 { true } else { false } },
  "number": plain { $0.double != nil },
  "string": plain { $0.text != nil },
  "mapping": plain { if case .dictionary = $0 { true } else { false } },
  "iterable": plain { (try? $0.makeIterator()) != nil },
  "sequence": plain { $0.isSequence },
  "callable": plain { value in
    // Python's Undefined can be called: it then says what is missing.
    if case .object(let object) = value { object.isCallable } else { value.isUndefined }
  },
  "escaped": plain { $0.text?.isMarkup ?? false },
]

extension Value {
  /// Jinja2's test: it has a length and elements can be looked up.
  fileprivate var isSequence: Bool {
    switch self {
    case .string, .list, .tuple, .dictionary, .undefined: true
    case .object(let object): object is IntegerRange
    case .none, .bool, .integer, .float: false
    }
  }
}

private let otherTests: [String: Test] = [
  "odd": { value, _, renderer in
    areEqual(try apply(.modulo, value, .integer(2), renderer), .integer(1))
  },
  "even": { value, _, renderer in
    areEqual(try apply(.modulo, value, .integer(2), renderer), .integer(0))
  },
  "divisibleby": { value, arguments, renderer in
    let divisor = try arguments.bind("divisibleby", ["num"], required: 1)[0] ?? .none
    return areEqual(try apply(.modulo, value, divisor, renderer), .integer(0))
  },
  "lower": plain { $0.printed.isLowercase },
  "upper": plain { $0.printed.isUppercase },
  "sameas": { value, arguments, _ in
    isSame(value, try arguments.bind("sameas", ["other"], required: 1)[0] ?? .none)
  },
  "filter": plain { $0.text.map { filters[$0.string] != nil } ?? false },
  "test": plain { $0.text.map { tests[$0.string] != nil } ?? false },
]

/// Python's `is`, as far as equal values are one object.
private func isSame(_ left: Value, _ right: Value) -> Bool {
  switch (left, right) {
  case (.none, .none): true
  case (.bool(let a), .bool(let b)): a == b
  case (.integer(let a), .integer(let b)): a == b
  case (.string(let a), .string(let b)): a == b
  case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)): a === b
  case (.dictionary(let a), .dictionary(let b)): a === b
  case (.object(let a), .object(let b)): a === b
  case (.undefined(let a), .undefined(let b)): a === b
  default: false
  }
}
