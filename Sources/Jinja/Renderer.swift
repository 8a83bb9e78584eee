/// Variables by symbol; looked up outwards.
final class Scope {
  private let parent: Scope?
  private var entries: [(symbol: Int, value: Value)] = []
  /// The outermost scope holds a place for every symbol of the template.
  private var all: [Value?]

  /// The outermost scope.
  init(symbols: Int) {
    parent = nil
    all = Array(repeating: nil, count: symbols)
  }

  init(in parent: Scope) {
    self.parent = parent
    all = []
  }

  func value(_ symbol: Int) -> Value? {
    guard let parent else { return all[symbol] }
    for entry in entries where entry.symbol == symbol { return entry.value }
    return parent.value(symbol)
  }

  func set(_ symbol: Int, _ value: Value) {
    if parent == nil {
      all[symbol] = value
    } else if let index = entries.firstIndex(where: { $0.symbol == symbol }) {
      entries[index].value = value
    } else {
      entries.append((symbol, value))
    }
  }

  func removeAll() { entries.removeAll(keepingCapacity: true) }
}

/// One rendering of a template: its output, its limits, its place.
final class Renderer {
  let options: RenderOptions
  let root: Scope
  /// The line being rendered, for errors.
  var line = 0

  private var output = TextBuilder()
  private var outputBytes = 0
  private var steps = 0
  private var nextClockCheck = 0
  private var nesting = 0
  private let deadline: Double
  private var cleanups: [() -> Void] = []

  /// Levels of macro bodies within each other, counted in levels of their syntax.
  private static let maximumNesting = 1200
  private static let stepsBetweenClockChecks = 256

  init(options: RenderOptions, root: Scope) {
    self.options = options
    self.root = root
    deadline = threadSeconds() + options.maximumSeconds
  }

  /// What was written.
  var result: Text { output.text }

  func write(_ text: Text) throws {
    outputBytes += text.bytes.count
    guard outputBytes <= options.maximumOutput else {
      throw Failure("the output is longer than \(options.maximumOutput) bytes", kind: .limit)
    }
    output.append(text)
  }

  /// What the body writes, instead of writing it.
  func captured(_ body: () throws -> Void) throws -> Text {
    let outer = output
    let outerBytes = outputBytes
    output = TextBuilder()
    outputBytes = 0
    defer {
      output = outer
      outputBytes = outerBytes
    }
    try body()
    let text = output.text
    try reserve(text.bytes.count)
    return text
  }

  /// Counts work done.
  func spend(_ count: Int) throws {
    let (total, overflow) = steps.addingReportingOverflow(count)
    steps = total
    guard !overflow, steps <= options.maximumSteps else {
      throw Failure("the template takes more than \(options.maximumSteps) steps", kind: .limit)
    }
    if steps >= nextClockCheck {
      nextClockCheck = steps + Self.stepsBetweenClockChecks
      guard threadSeconds() <= deadline else {
        throw Failure("the template takes more than \(options.maximumSeconds) s", kind: .limit)
      }
    }
  }

  /// Refuses a string that long.
  func check(_ bytes: Int) throws {
    guard bytes <= options.maximumOutput else {
      throw Failure("a string is longer than \(options.maximumOutput) bytes", kind: .limit)
    }
  }

  /// Counts the work of going through a text.
  func spend(on text: Text) throws { try spend(1 + text.bytes.count / 64) }

  /// Counts the bytes of a string about to be made.
  func reserve(_ bytes: Int) throws {
    try check(bytes)
    try spend(bytes / 64)
  }

  func joined(_ left: Text, _ right: Text) throws -> Text {
    try reserve(left.bytes.count + right.bytes.count)
    var builder = TextBuilder()
    let isMarkup = left.isMarkup || right.isMarkup
    builder.append(isMarkup ? escaped(left) : left)
    builder.append(isMarkup ? escaped(right) : right)
    return isMarkup ? builder.text.asMarkup() : builder.text
  }

  /// Runs a body that is that many levels deep, unless too many are open.
  func nested<Result>(_ depth: Int, _ body: () throws -> Result) throws -> Result {
    guard nesting + depth <= Self.maximumNesting else {
      throw Failure("maximum recursion depth exceeded", kind: .limit)
    }
    nesting += depth
    defer { nesting -= depth }
    return try body()
  }

  /// Remembers how to break a reference cycle when rendering is over.
  func adopt(_ cleanup: @escaping () -> Void) { cleanups.append(cleanup) }

  func finish() {
    for cleanup in cleanups { cleanup() }
    cleanups = []
  }
}
