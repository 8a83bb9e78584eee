/// A file of generated C that is compiled by itself. Compilers take the files of a model side by
/// side; how its functions are divided depends on the model alone, so that the library is the same
/// wherever it is made.
enum SourceUnit: Hashable {
  case model
  case attention
  case projections
  /// Of one weight format.
  case products(format: String)

  var fileName: String {
    switch self {
    case .model: "model.c"
    case .attention: "attention.c"
    case .projections: "projections.c"
    case .products(let format): "products_\(format).c"
    }
  }

  /// What a reader finds there.
  var content: String {
    switch self {
    case .model: "The step, and what the library says of itself"
    case .attention: "Queries, keys and values, and attention over them"
    case .projections: "What follows attention, and the logits"
    case .products(let format): "Products with weights in \(format)"
    }
  }

  /// The unit of a kernel and of what is written for it alone.
  init(_ shape: KernelShape) {
    switch shape {
    case .ropeTable, .embed: self = .model
    case .heads, .attention: self = .attention
    case .gated, .residual, .logits: self = .projections
    }
  }
}

/// Functions by the files that they stand in.
struct UnitFunctions {
  /// What lets other files call a function, where its text begins a line.
  private static let sharedWord = "SHARED "

  /// In the order in which C wants them.
  private var written: [(unit: SourceUnit, text: String)] = []

  mutating func add(_ text: String, to unit: SourceUnit) { written.append((unit, text)) }

  var all: [String] { written.map(\.text) }

  func texts(of unit: SourceUnit) -> [String] { written.filter { $0.unit == unit }.map(\.text) }

  /// What is compiled by itself: model.c first, the products last, which take the longest.
  var units: [SourceUnit] {
    let products = written.map(\.unit).filter { if case .products = $0 { true } else { false } }
    return [.model, .projections, .attention]
      + products.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Of the functions that other files call.
  var declarations: [String] {
    written.flatMap { function in
      ("\n" + function.text).split(separator: "\n" + Self.sharedWord).dropFirst().map { text in
        Self.sharedWord + text.prefix { $0 != "{" }.split(separator: " ").joined(separator: " ")
      }
    }
  }
}
