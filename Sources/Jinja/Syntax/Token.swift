/// One token of a template, with the line it begins on.
struct Token {
  enum Kind: Equatable {
    /// Text between the tags.
    case data(Text)
    case blockBegin, blockEnd, variableBegin, variableEnd
    case name(String)
    case string(Text)
    case integer(Int)
    case float(Double)
    case symbol(Symbol)
    case end
  }

  let kind: Kind
  let line: Int

  /// For messages.
  var description: String {
    switch kind {
    case .data: "template text"
    case .blockBegin: "{%"
    case .blockEnd: "%}"
    case .variableBegin: "{{"
    case .variableEnd: "}}"
    case .name(let name): name
    case .string(let text): Value.string(text).representation
    case .integer(let value): String(value)
    case .float(let value): pythonText(of: value)
    case .symbol(let symbol): symbol.rawValue
    case .end: "the end of the template"
    }
  }
}

/// The operators and brackets of expressions, longest first where one begins another.
enum Symbol: String, CaseIterable {
  case floorDivide = "//"
  case power = "**"
  case equal = "=="
  case notEqual = "!="
  case greaterOrEqual = ">="
  case lessOrEqual = "<="
  case plus = "+"
  case minus = "-"
  case divide = "/"
  case multiply = "*"
  case modulo = "%"
  case tilde = "~"
  case openBracket = "["
  case closeBracket = "]"
  case openParenthesis = "("
  case closeParenthesis = ")"
  case openBrace = "{"
  case closeBrace = "}"
  case greater = ">"
  case less = "<"
  case assign = "="
  case dot = "."
  case colon = ":"
  case pipe = "|"
  case comma = ","
  case semicolon = ";"

  /// The symbols by their first byte, longer ones first.
  static let byFirstByte: [[Symbol]] = {
    var table: [[Symbol]] = Array(repeating: [], count: 256)
    for symbol in allCases { table[Int(symbol.rawValue.utf8.first ?? 0)].append(symbol) }
    return table
  }()

  /// The bracket that closes this one.
  var closing: Symbol? {
    switch self {
    case .openBracket: .closeBracket
    case .openParenthesis: .closeParenthesis
    case .openBrace: .closeBrace
    default: nil
    }
  }

  var isClosing: Bool {
    self == .closeBracket || self == .closeParenthesis || self == .closeBrace
  }
}

extension Token {
  /// A syntax error at a line.
  static func error(_ message: String, line: Int) -> TemplateError {
    TemplateError(kind: .syntax, message: message, line: line)
  }
}
