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
    // Parts stand in front of what holds them, but for rules: few rounds are needed.
    var undecided: [Int] = []
    for (index, node) in nodes.enumerated() {
      if case .terminal(let expression) = node {
        let isEmpty = expression == ExpressionPool.never || pool.deadness[expression] == true
        (isNullable[index], isProductive[index]) = (pool.isNullable(expression), !isEmpty)
      } else {
        undecided.append(index)
      }
    }
    var changes = true
    while changes {
      changes = false
      undecided.removeAll { index in
        let (nullable, productive) = judge(nodes[index], rules, freeTexts)
        if nullable != isNullable[index] || productive != isProductive[index] { changes = true }
        isNullable[index] = nullable
        isProductive[index] = productive
        return nullable && productive
      }
    }
  }

  /// What the facts known so far say of a part that isn't a terminal.
  private func judge(
    _ node: Grammar.Node, _ rules: [Int32], _ freeTexts: [Grammar.FreeText]
  ) -> (nullable: Bool, productive: Bool) {
    func both(_ child: Int32) -> (Bool, Bool) { (isNullable[Int(child)], isProductive[Int(child)]) }
    switch node {
    case .never, .terminal: return (false, false)
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
      var stack = [(node: start, left: countOfBeginnings(nodes[start]))]
      marks[start] = .open
      while let top = stack.last {
        guard top.left > 0 else {
          marks[top.node] = .done
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].left -= 1
        let child = beginning(top.left - 1, of: nodes[top.node], rules)
        switch marks[child] {
        case .done: break
        case .open:
          let loop = stack.drop { $0.node != child }
          for entry in loop { if case .rule(let number) = nodes[entry.node] { return Int(number) } }
        case .new:
          marks[child] = .open
          stack.append((child, countOfBeginnings(nodes[child])))
        }
      }
    }
    return nil
  }

  /// With how many of its parts a text of a node may begin: the first so many.
  private func countOfBeginnings(_ node: Grammar.Node) -> Int {
    switch node {
    case .never, .terminal, .marker, .free: 0
    case .sequence(let parts):
      parts.firstIndex { !isNullable[Int($0)] }.map { $0 + 1 } ?? parts.count
    case .choice(let parts): parts.count
    case .repetition, .rule: 1
    }
  }

  /// One of those parts.
  private func beginning(_ place: Int, of node: Grammar.Node, _ rules: [Int32]) -> Int {
    switch node {
    case .sequence(let parts), .choice(let parts): Int(parts[place])
    case .repetition(let part, _, _): Int(part)
    case .rule(let number): Int(rules[Int(number)])
    case .never, .terminal, .marker, .free: 0
    }
  }
}
