/// Writes a grammar's markers and free texts in the tokens of one vocabulary.
///
/// A special token becomes a node `.free` with a negative number: it is no text.
struct GrammarBinding {
  private let grammar: Grammar
  private let vocabulary: TokenVocabulary
  private(set) var pool: ExpressionPool
  private(set) var nodes: [Grammar.Node]
  private(set) var freeStarts: [Automaton.FreeStart] = []

  /// A piece of a marker.
  private enum Piece {
    case text([UInt8])
    case special(Int32)
  }

  init(_ grammar: Grammar, _ vocabulary: TokenVocabulary) {
    self.grammar = grammar
    self.vocabulary = vocabulary
    pool = grammar.pool
    pool.workLimit = .max
    nodes = grammar.nodes
  }

  mutating func bind() {
    for index in grammar.nodes.indices {
      switch grammar.nodes[index] {
      case .marker(let number):
        nodes[index] = .sequence(pieces(of: grammar.markers[Int(number)]).map { add($0) })
      case .free(let number): nodes[index] = .choice(branches(grammar.freeTexts[Int(number)]))
      case .never, .terminal, .sequence, .choice, .repetition, .rule: break
      }
    }
  }

  private mutating func add(_ node: Grammar.Node) -> Int32 {
    nodes.append(node)
    return Int32(nodes.count - 1)
  }

  private mutating func add(_ piece: Piece) -> Int32 {
    switch piece {
    case .text(let text): add(.terminal(pool.literal(text)))
    case .special(let token): add(.free(-token - 1))
    }
  }

  /// The special tokens that spell a marker, longest first at each place, and the text between.
  private func pieces(of marker: String) -> [Piece] {
    var result: [Piece] = []
    var text: [UInt8] = []
    var rest = Array(marker.utf8)[...]
    while let byte = rest.first {
      if let (token, length) = vocabulary.special.longestToken(rest) {
        if !text.isEmpty { result.append(.text(text)) }
        text = []
        result.append(.special(token))
        rest = rest.dropFirst(length)
      } else {
        text.append(byte)
        rest = rest.dropFirst()
      }
    }
    if !text.isEmpty { result.append(.text(text)) }
    return result
  }

  /// Free text as choices: one for each marker that leads out of it, one for its end.
  private mutating func branches(_ free: Grammar.FreeText) -> [Int32] {
    let split = free.branches.map { (pieces: pieces(of: $0.marker), body: $0.body) }
    var excluded: Set<Int32> = []
    var texts: [Expression] = []
    for (branch, parts) in zip(free.branches, split) {
      // The marker's spelling is no way around its token.
      texts.append(pool.literal(branch.marker))
      let first = parts.pieces.lazy.compactMap { piece in
        if case .special(let token) = piece { token } else { nil }
      }.first
      if let first { excluded.insert(first) }
    }
    var plain = pool.complement(pool.containing(pool.either(texts)))
    if let beginning = free.notBeginning {
      let begun = pool.concatenation(beginning, ExpressionPool.everything)
      plain = pool.both(plain, pool.complement(begun))
    }
    var result: [Int32] = []
    for (pieces, body) in split {
      guard let body, let first = pieces.first else { continue }
      var parts: [Int32]
      switch first {
      case .special: parts = [start(plain, excluded), add(first)]
      case .text(let text) where pieces.count == 1:
        parts = [start(pool.concatenation(plain, pool.literal(text)), excluded)]
      case .text(let text):
        // By itself that text means nothing: the special token behind it leads out.
        let ending = pool.concatenation(ExpressionPool.everything, pool.literal(text))
        parts = [start(pool.both(plain, ending), excluded)]
      }
      parts += pieces.dropFirst().map { add($0) }
      result.append(add(.sequence(parts + [body])))
    }
    if free.mayEnd { result.append(start(plain, excluded)) }
    return result
  }

  private mutating func start(_ expression: Expression, _ excluded: Set<Int32>) -> Int32 {
    freeStarts.append(Automaton.FreeStart(expression: expression, excluded: excluded))
    return add(.free(Int32(freeStarts.count - 1)))
  }
}
