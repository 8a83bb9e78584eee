/// The functions every template can call.

/// Puts the functions that the template mentions into its outermost scope.
func defineGlobals(in scope: Scope, _ symbols: SymbolTable) {
  for (name, body) in globals {
    guard let symbol = symbols[name] else { continue }
    scope.set(symbol, .object(NativeFunction(name, nil, depth: 0, body)))
  }
  if let symbol = symbols["dict"] { scope.set(symbol, .object(DictionaryFunction())) }
}

private let globals: [String: @Sendable (Arguments, Renderer) throws -> Value] = [
  "range": { arguments, _ in .object(try range(arguments)) },
  "namespace": { .object(try Namespace($0, $1)) },
  "cycler": { arguments, _ in .object(try Cycler(arguments.positional)) },
  "joiner": { arguments, _ in
    let separator = try arguments.bind("joiner", ["sep"])[0]
    return .object(Joiner(separator ?? .string(", ")))
  },
  "lipsum": { _, _ in
    throw Failure("lipsum() writes random text, which no prompt can be made of")
  },
  "raise_exception": { arguments, _ in
    let message = try arguments.bind("raise_exception", ["message"], required: 1)[0]
    throw Failure(message?.printed.string ?? "", kind: .raised)
  },
  "strftime_now": { arguments, renderer in
    let format = try arguments.bind("strftime_now", ["format"], required: 1)[0]
    guard let format = format?.text else { throw Failure("strftime() argument 1 must be str") }
    return .string(renderer.options.now.formatted(format.string))
  },
]

/// `dict(…)` and `dict.fromkeys(…)`.
private final class DictionaryFunction: TemplateObject {
  let typeName = "TemplateDict"
  let isCallable = true

  func call(_ arguments: Arguments, _ renderer: Renderer) throws -> Value {
    .dictionary(try dictionary(arguments))
  }

  func attribute(_ name: String) -> Value? {
    guard name == "fromkeys" else { return nil }
    return .object(NativeFunction(name) { arguments, _ in try fromKeys(arguments) })
  }
}

/// `dict.fromkeys(keys, value)`
func fromKeys(_ arguments: Arguments) throws -> Value {
  let values = try arguments.bind("fromkeys", ["iterable", "value"], required: 1)
  let mapping = Mapping()
  for key in try values[0]?.elements() ?? [] { try mapping.set(key, values[1] ?? .none) }
  return .dictionary(mapping)
}

/// Python's `dict(mapping or pairs, **named)`.
func dictionary(_ arguments: Arguments) throws -> Mapping {
  guard arguments.positional.count <= 1 else {
    throw Failure("dict expected at most 1 argument, got \(arguments.positional.count)")
  }
  let result = Mapping()
  switch arguments.positional.first {
  case .dictionary(let mapping):
    for (key, value) in zip(mapping.keys, mapping.values) { try result.set(key, value) }
  case let pairs?:
    for pair in try pairs.elements() {
      let parts = try pair.elements()
      guard parts.count == 2 else {
        throw Failure("dictionary update sequence element has length \(parts.count); 2 is required")
      }
      try result.set(parts[0], parts[1])
    }
  case nil: break
  }
  for (name, value) in arguments.named { try result.set(.string(name), value) }
  return result
}

private func range(_ arguments: Arguments) throws -> IntegerRange {
  let bounds = try arguments.positional.map { value in
    if case .undefined(let undefined) = value { throw Failure(undefined) }
    guard let integer = value.integer else {
      throw Failure("'\(value.typeName)' object cannot be interpreted as an integer")
    }
    return integer
  }
  switch bounds.count {
  case 1: return try IntegerRange(start: 0, stop: bounds[0], step: 1)
  case 2: return try IntegerRange(start: bounds[0], stop: bounds[1], step: 1)
  case 3: return try IntegerRange(start: bounds[0], stop: bounds[1], step: bounds[2])
  default: throw Failure("range expected 1 to 3 arguments, got \(bounds.count)")
  }
}
