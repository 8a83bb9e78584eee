/// What holds for each part of a grammar: whether it may be empty, and whether any text is one.
struct GrammarFacts {
  private(set) var isNullable: [Bool]
  private(set) var isProductive: [Bool]

  init(
    _ nodes: [Grammar.Node], _ rules: [Int32], _ pool: ExpressionPool,
    _ freeTexts: [Grammar.FreeText]
  ) {
    isNullable = [Bool](repeating: false, count: nodes.count)
    isProductive = isNullable
    var changes = true
    while changes {
      changes = false
      for (index, node) in nodes.enumerated() where !(isNullable[index] && isProductive[index]) {
        let (nullable, productive) = judge(node, rules, pool, freeTexts)
        if nullable != isNullable[index] || productive != isProductive[index] { changes = true }
        isNullable[index] = nullable
        isProductive[index] = productive
      }
    }
  }

  private func judge(
    _ node: Grammar.Node, _ rules: [Int32], _ pool: ExpressionPool,
    _ freeTexts: [Grammar.FreeText]
  ) -> (nullable: Bool, productive: Bool) {
    func both(_ child: Int32) -> (Bool, Bool) { (isNullable[Int(child)], isProductive[Int(child)]) }
    switch node {
    case .never: return (false, false)
    case .terminal(let expression):
      let isEmpty = expression == ExpressionPool.never || pool.deadness[expression] == true
      return (pool.isNullable(expression), !isEmpty)
    case .sequence(let parts):
      return (
        parts.allSatisfy { isNullable[Int($0)] }, parts.allSatisfy { isProductive[Int($0)] }
      )
    case .choice(let parts):
      return (
        parts.contains { isNullable[Int($0)] }, parts.contains { isProductive[Int($0)] }
      )
    case .repetition(let part, let minimum, _):
      let (nullable, productive) = both(part)
      return (minimum == 0 || nullable, minimum == 0 || productive)
    case .rule(let number): return both(rules[Int(number)])
    case .marker: return (false, true)
    case .free(let number):
      // Bound to a vocabulary, it is a choice, and what is left of it leads somewhere.
      guard freeTexts.indices.contains(Int(number)) else { return (false, true) }
      let free = freeTexts[Int(number)]
      let leads = free.branches.contains { $0.body.map { isProductive[Int($0)] } ?? false }
      return (free.mayEnd, free.mayEnd || leads)
    }
  }

  /// A rule that can be reached from itself without any text before it.
  func leftRecursiveRule(_ nodes: [Grammar.Node], _ rules: [Int32]) -> Int? {
    enum Mark { case new, open, done }
    var marks = [Mark](repeating: .new, count: nodes.count)
    for start in nodes.indices where marks[start] == .new {
      var stack: [(node: Int, children: [Int32])] = [(start, beginnings(nodes[start], rules))]
      marks[start] = .open
      while let top = stack.last {
        guard let child = top.children.last else {
          marks[top.node] = .done
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].children.removeLast()
        switch marks[Int(child)] {
        case .done: break
        case .open:
          let loop = stack.drop { $0.node != Int(child) }
          for entry in loop { if case .rule(let number) = nodes[entry.node] { return Int(number) } }
        case .new:
          marks[Int(child)] = .open
          stack.append((Int(child), beginnings(nodes[Int(child)], rules)))
        }
      }
    }
    return nil
  }

  /// The parts with which a text of a node may begin.
  private func beginnings(_ node: Grammar.Node, _ rules: [Int32]) -> [Int32] {
    switch node {
    case .never, .terminal, .marker, .free: return []
    case .sequence(let parts):
      var result: [Int32] = []
      for part in parts {
        result.append(part)
        if !isNullable[Int(part)] { break }
      }
      return result
    case .choice(let parts): return parts
    case .repetition(let part, _, _): return [part]
    case .rule(let number): return [rules[Int(number)]]
    }
  }
}
