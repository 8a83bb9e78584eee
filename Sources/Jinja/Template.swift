import JSON

/// A template of the Jinja language, read once and rendered many times.
///
/// It renders as transformers' Jinja2 environment does: immutable sandbox, `trim_blocks`,
/// `lstrip_blocks`, loop controls, `{% generation %}` blocks, `raise_exception`, `strftime_now`.
/// A template is untrusted: it can't crash or hang, only fail.
public struct Template: @unchecked Sendable {  // the tree never changes after it is read
  private let body: Body
  private let symbols: SymbolTable
  /// The text between tags and the string literals in them: everything the template can spell.
  public let literals: [String]

  /// Sources longer than this are refused.
  public static let maximumSource = 4 << 20

  public init(_ source: String) throws {
    guard source.utf8.count <= Self.maximumSource else {
      throw TemplateError(
        kind: .limit, message: "the template is longer than \(Self.maximumSource) bytes", line: 1)
    }
    var parser = try Parser(source)
    body = try parser.parseTemplate()
    symbols = parser.symbols
    literals = parser.literals
  }

  public func render(
    _ variables: JSONObject, options: RenderOptions = RenderOptions()
  ) throws -> String {
    try renderText(variables, options: options).text
  }

  /// Renders, and tells which parts of the result came from variables that `options.origin` labels.
  public func renderText(
    _ variables: JSONObject, options: RenderOptions = RenderOptions()
  ) throws -> RenderedText {
    let scope = Scope(symbols: symbols.count)
    let renderer = Renderer(options: options, root: scope)
    defer { renderer.finish() }
    do {
      defineGlobals(in: scope, symbols)
      for (name, value) in variables {
        guard let symbol = symbols[name] else { continue }
        scope.set(symbol, try Value(variable: name, value, origin: options.origin))
      }
      _ = try body.execute(renderer, scope)
    } catch let failure as Failure {
      throw TemplateError(kind: failure.kind, message: failure.message, line: renderer.line)
    }
    let result = renderer.result
    return RenderedText(
      text: result.string, origins: result.marks.map { ($0.lower..<$0.upper, $0.label) })
  }

  /// Whether the template mentions a variable of that name.
  public func uses(_ name: String) -> Bool { symbols[name] != nil }
}

/// A rendered template, and where its parts came from.
public struct RenderedText: Sendable {
  public let text: String
  /// UTF-8 ranges that came from labelled variables, in order, and their labels.
  public let origins: [(range: Range<Int>, label: UInt8)]
}

/// The world a template is rendered in.
public struct RenderOptions: Sendable {
  /// Labels the strings of a variable, or of one element where the variable is an array; 0 for
  /// none. Text that comes out of them is reported in `RenderedText.origins`.
  public typealias Origin = @Sendable (_ variable: String, _ element: JSON) -> UInt8

  /// What `strftime_now` formats.
  public var now: LocalTime
  public var maximumSteps = 50_000_000
  public var maximumSeconds = 20.0
  public var maximumOutput = 64 << 20
  public var origin: Origin?

  public init(now: LocalTime = .now, origin: Origin? = nil) {
    self.now = now
    self.origin = origin
  }
}

/// Why a template can't be read or rendered.
public struct TemplateError: Error, CustomStringConvertible, Sendable {
  public enum Kind: Sendable {
    case syntax
    /// The template itself called `raise_exception`; its message is for the user.
    case raised
    case undefined
    case security
    case limit
    case runtime
  }

  public let kind: Kind
  public let message: String
  public let line: Int

  public var description: String { "line \(line): \(message)" }
}

/// The names a template uses, each with its place in the outermost scope.
struct SymbolTable {
  private var symbols: [String: Int] = [:]

  var count: Int { symbols.count }

  subscript(name: String) -> Int? { symbols[name] }

  mutating func symbol(_ name: String) -> Int {
    if let symbol = symbols[name] { return symbol }
    symbols[name] = symbols.count
    return symbols.count - 1
  }
}
