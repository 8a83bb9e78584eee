/// Runs a grammar over bytes and special tokens, and keeps what it has worked out.
///
/// A configuration says everything about the text so far: a set of items, each the state of one
/// regular expression and the stack of what comes behind it. Stacks share their tails. Following
/// configurations are worked out when they are first needed.
struct Automaton: Sendable {
  /// What is still to come: a node of the grammar, and the cell behind it. Cell 0 is the end.
  struct Cell: Hashable, Sendable {
    var node: Int32
    /// Bounds that are left, for repetitions.
    var minimum: Int32
    var maximum: Int32
    var tail: Int32
  }

  /// One way to read the text so far.
  struct Item: Hashable, Sendable {
    enum Kind: UInt8, Sendable {
      case regular
      /// Only the special token `state` may come.
      case special
      /// Free text: special tokens may come too, and begin it anew.
      case free
    }

    var kind: Kind
    var state: Int32
    var tail: Int32
    /// Number in `freeStarts`.
    var free: Int32 = 0
  }

  struct Configuration: Sendable {
    /// Where its items stand in `items`.
    var start: Int32
    var count: Int32
    var canEnd: Bool
    /// Bytes that may come; some more where expressions intersect.
    var first: ByteSet
    /// Where its transitions stand in `rows`; -1 for none yet.
    var row: Int32 = -1
    /// Another configuration with the same hash; -1 for none.
    var next: Int32 = -1
  }

  /// Where free text begins.
  struct FreeStart: Sendable {
    var expression: Expression
    /// Special tokens that lead out of it.
    var excluded: Set<Int32>
  }

  static let dead: Int32 = 0

  let grammar: Grammar
  let vocabulary: TokenVocabulary
  var pool: ExpressionPool
  private(set) var nodes: [Grammar.Node]
  private(set) var isProductive: [Bool] = []
  private(set) var freeStarts: [FreeStart] = []
  private(set) var specialNodes: [Int32: Int32] = [:]
  let classes: ByteClasses

  private var cells: [Cell] = [Cell(node: 0, minimum: 0, maximum: 0, tail: 0)]
  private var cellIndex: [Cell: Int32] = [:]
  private(set) var items: [Item] = []
  private(set) var configurations: [Configuration] = []
  private var configurationIndex: [Int: Int32] = [:]
  /// Transitions of expressions and configurations by byte class; -1 where unknown.
  private var rows: [Int32] = []
  private var expressionRows: [Int32] = []
  private(set) var start: Int32 = 0
  /// Too many ways to read the text, or too much memory: nothing may come any more.
  private(set) var hasFailed = false

  /// Masks of configurations and of expressions.
  var masks: [Int32: ConfigurationMask] = [:]
  var localMasks: [Expression: LocalMask] = [:]
  var localMaskBytes = 0

  /// - Parameter work: what is left for following texts; nil for what the grammar's limits give.
  init(_ grammar: Grammar, _ vocabulary: TokenVocabulary, work: Int? = nil) {
    self.grammar = grammar
    self.vocabulary = vocabulary
    var binding = GrammarBinding(grammar, vocabulary)
    binding.bind()
    pool = binding.pool
    pool.workLimit = pool.work + (work ?? grammar.limits.followingWork)
    nodes = binding.nodes
    freeStarts = binding.freeStarts
    isProductive = GrammarFacts(nodes, grammar.rules, pool, []).isProductive
    classes = pool.byteClasses()
    _ = configuration([], canEnd: false)
    start = configuration(behind: [cell(grammar.root, tail: 0)])
  }

  /// The work that is left for following texts.
  var workLeft: Int { pool.workLimit - pool.work }

  /// A token has been asked for: what that may cost is added, up to what there was at first. So
  /// nobody waits long for a text that is hard to follow, neither at once nor again and again.
  mutating func grantToken() {
    let limits = grammar.limits
    pool.workLimit = pool.work + min(workLeft + limits.workPerToken, limits.followingWork)
  }

  /// About how much memory it takes. Masks of expressions that it shares with others count, too.
  var bytes: Int {
    let expressions = pool.nodes.count * ExpressionPool.bytesPerNode + rows.count * 4
    let positions = cells.count * 60 + items.count * 16 + configurations.count * 80
    return expressions + positions + masks.count * vocabulary.count / 8 + localMaskBytes
  }
}

// MARK: - Stacks

extension Automaton {
  private mutating func cell(_ node: Int32, tail: Int32) -> Int32 {
    guard case .repetition(_, let minimum, let maximum) = nodes[Int(node)] else {
      return cell(Cell(node: node, minimum: 0, maximum: 0, tail: tail))
    }
    return cell(Cell(node: node, minimum: minimum, maximum: maximum, tail: tail))
  }

  private mutating func cell(_ cell: Cell) -> Int32 {
    if let known = cellIndex[cell] { return known }
    cells.append(cell)
    cellIndex[cell] = Int32(cells.count - 1)
    return Int32(cells.count - 1)
  }

  /// The configuration in which any of those cells comes next.
  mutating func configuration(behind cells: [Int32]) -> Int32 {
    var items: [Item] = []
    var canEnd = false
    expand(cells, into: &items, &canEnd)
    return configuration(items, canEnd: canEnd)
  }

  /// The items with which the texts of cells begin.
  private mutating func expand(
    _ start: [Int32], into items: inout [Item], _ canEnd: inout Bool
  ) {
    var pending = start
    var seen = Set(start)
    while let next = pending.popLast() {
      if next == 0 {
        canEnd = true
        continue
      }
      let cell = cells[Int(next)]
      for following in followers(of: cell, &items) where seen.insert(following).inserted {
        pending.append(following)
      }
      guard seen.count <= grammar.limits.ambiguity else {
        hasFailed = true
        return
      }
    }
    pool.spend(seen.count)
  }

  /// The cells that a cell stands for; what it begins with goes to `items`.
  private mutating func followers(of cell: Cell, _ items: inout [Item]) -> [Int32] {
    switch nodes[Int(cell.node)] {
    case .never, .marker: return []
    case .terminal(let expression):
      if expression != ExpressionPool.empty {
        items.append(Item(kind: .regular, state: expression, tail: cell.tail))
      }
      return pool.isNullable(expression) ? [cell.tail] : []
    case .sequence(let parts):
      guard isProductive[Int(cell.node)] else { return [] }
      var tail = cell.tail
      for part in parts.reversed() { tail = self.cell(part, tail: tail) }
      return [tail]
    case .choice(let parts):
      return parts.filter { isProductive[Int($0)] }.map { self.cell($0, tail: cell.tail) }
    case .rule(let number): return [self.cell(grammar.rules[Int(number)], tail: cell.tail)]
    case .repetition(let part, _, _):
      var result = cell.minimum == 0 ? [cell.tail] : []
      if cell.maximum != 0, isProductive[Int(part)] {
        var rest = cell
        rest.minimum = max(0, cell.minimum - 1)
        rest.maximum = cell.maximum == -1 ? -1 : cell.maximum - 1
        result.append(self.cell(part, tail: self.cell(rest)))
      }
      return result
    case .free(let number):
      guard number >= 0 else {
        items.append(Item(kind: .special, state: -number - 1, tail: cell.tail))
        return []
      }
      let state = freeStarts[Int(number)].expression
      items.append(Item(kind: .free, state: state, tail: cell.tail, free: number))
      return pool.isNullable(state) ? [cell.tail] : []
    }
  }
}

// MARK: - Configurations

extension Automaton {
  private mutating func configuration(_ unsorted: [Item], canEnd: Bool) -> Int32 {
    var sorted = unsorted
    if sorted.count > 1 {
      sorted.sort {
        ($0.tail, $0.state, $0.kind.rawValue, $0.free)
          < ($1.tail, $1.state, $1.kind.rawValue, $1.free)
      }
      sorted = sorted.enumerated().filter { $0 == 0 || sorted[$0 - 1] != $1 }.map(\.element)
    }
    var hasher = Hasher()
    hasher.combine(canEnd)
    hasher.combine(sorted)
    let hash = hasher.finalize()
    let head = configurationIndex[hash] ?? -1
    var known = head
    while known >= 0 {
      let candidate = configurations[Int(known)]
      if candidate.canEnd == canEnd, items(of: known).elementsEqual(sorted) { return known }
      known = candidate.next
    }
    var first = ByteSet()
    for item in sorted where item.kind != .special { first.formUnion(pool.first(item.state)) }
    let number = Int32(configurations.count)
    configurations.append(
      Configuration(
        start: Int32(items.count), count: Int32(sorted.count), canEnd: canEnd, first: first,
        next: head))
    items += sorted
    configurationIndex[hash] = number
    return number
  }

  func items(of configuration: Int32) -> ArraySlice<Item> {
    let entry = configurations[Int(configuration)]
    return items[Int(entry.start)..<Int(entry.start + entry.count)]
  }

  func canEnd(_ configuration: Int32) -> Bool { configurations[Int(configuration)].canEnd }

  /// The configuration of one item alone.
  mutating func configuration(of item: Item) -> Int32 { configuration([item], canEnd: false) }

  /// The configuration behind a byte; `dead` where it can't come.
  mutating func step(_ configuration: Int32, _ byte: UInt8) -> Int32 {
    guard configurations[Int(configuration)].first.contains(byte) else { return Self.dead }
    if configurations[Int(configuration)].row < 0 {
      configurations[Int(configuration)].row = newRow()
    }
    let place = Int(configurations[Int(configuration)].row) + Int(classes.classOf[Int(byte)])
    if rows[place] >= 0 { return rows[place] }
    let result = follow(configuration, byte)
    rows[place] = result
    return result
  }

  private mutating func follow(_ configuration: Int32, _ byte: UInt8) -> Int32 {
    var behind: [Int32] = []
    var following: [Item] = []
    for item in items(of: configuration) where item.kind != .special {
      let state = step(expression: item.state, byte)
      guard state != ExpressionPool.never else { continue }
      if state != ExpressionPool.empty {
        var next = item
        next.state = state
        following.append(next)
      }
      if pool.isNullable(state) { behind.append(item.tail) }
    }
    var canEnd = false
    expand(behind, into: &following, &canEnd)
    if pool.isExhausted || hasFailed {
      hasFailed = true
      return Self.dead
    }
    return self.configuration(following, canEnd: canEnd)
  }

  /// The expression behind a byte; `never` where it can't come.
  mutating func step(expression: Expression, _ byte: UInt8) -> Expression {
    guard pool.first(expression).contains(byte) else { return ExpressionPool.never }
    while expressionRows.count <= Int(expression) { expressionRows.append(-1) }
    if expressionRows[Int(expression)] < 0 { expressionRows[Int(expression)] = newRow() }
    let place = Int(expressionRows[Int(expression)]) + Int(classes.classOf[Int(byte)])
    if rows[place] >= 0 { return rows[place] }
    let result = pool.liveDerivative(expression, byte)
    if pool.isExhausted { hasFailed = true }
    rows[place] = result
    return result
  }

  private mutating func newRow() -> Int32 {
    let row = Int32(rows.count)
    rows.append(contentsOf: repeatElement(-1, count: classes.count))
    return row
  }

  /// The configuration behind a special token; `dead` where it can't come.
  mutating func step(_ configuration: Int32, special token: Int32) -> Int32 {
    var behind: [Int32] = []
    var following: [Item] = []
    for item in items(of: configuration) {
      switch item.kind {
      case .regular: break
      case .special: if item.state == token { behind.append(item.tail) }
      case .free:
        let start = freeStarts[Int(item.free)]
        guard !start.excluded.contains(token), !vocabulary.stopTokens.contains(token) else {
          continue
        }
        var next = item
        next.state = start.expression
        following.append(next)
        if pool.isNullable(start.expression) { behind.append(item.tail) }
      }
    }
    var canEnd = false
    expand(behind, into: &following, &canEnd)
    return hasFailed ? Self.dead : self.configuration(following, canEnd: canEnd)
  }
}
