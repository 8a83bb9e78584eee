/// Statements other than loops and macros.

/// `{{ expression }}` and the text between tags.
final class Output: Statement {
  let expression: any Expression
  let line: Int
  let depth: Int

  init(_ expression: any Expression, line: Int) {
    self.expression = expression
    self.line = line
    depth = 1 + expression.depth
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    renderer.line = line
    try renderer.spend(1)
    try renderer.write(try expression.evaluate(renderer, scope).printed)
    return .next
  }
}

/// The text between tags.
final class Data: Statement {
  let text: Text
  let depth = 1
  init(_ text: Text) { self.text = text }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    try renderer.write(text)
    return .next
  }
}

/// `{% if %}` with its `elif` and `else` branches.
final class If: Statement {
  let branches: [(condition: any Expression, line: Int, body: Body)]
  let alternative: Body
  let depth: Int

  init(_ branches: [(condition: any Expression, line: Int, body: Body)], _ alternative: Body) {
    self.branches = branches
    self.alternative = alternative
    depth = 1 + branches.reduce(alternative.depth) { max($0, $1.condition.depth, $1.body.depth) }
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    for branch in branches {
      renderer.line = branch.line
      try renderer.spend(1)
      if try branch.condition.evaluate(renderer, scope).isTrue {
        return try branch.body.execute(renderer, scope)
      }
    }
    return try alternative.execute(renderer, scope)
  }
}

/// What stands left of `=`.
indirect enum Target {
  case name(Int)
  case attribute(namespace: Name, name: String)
  case tuple([Target])

  /// Puts a value there, taking a tuple apart.
  func assign(_ value: Value, _ renderer: Renderer, _ scope: Scope) throws {
    switch self {
    case .name(let symbol): scope.set(symbol, value)
    case .attribute(let owner, let name):
      guard case .object(let namespace as Namespace) = try owner.evaluate(renderer, scope) else {
        throw Failure("cannot assign attribute on non-namespace object")
      }
      try namespace.set(name, value)
    case .tuple(let targets):
      let elements = try value.elements()
      guard elements.count == targets.count else {
        throw Failure(
          elements.count > targets.count
            ? "too many values to unpack (expected \(targets.count))"
            : "not enough values to unpack (expected \(targets.count), got \(elements.count))")
      }
      for (target, element) in zip(targets, elements) {
        try target.assign(element, renderer, scope)
      }
    }
  }
}

/// `{% set target = expression %}`
final class Assignment: Statement {
  let target: Target
  let expression: any Expression
  let line: Int
  let depth: Int

  init(_ target: Target, _ expression: any Expression, line: Int) {
    self.target = target
    self.expression = expression
    self.line = line
    depth = 1 + expression.depth
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    renderer.line = line
    try renderer.spend(1)
    try target.assign(try expression.evaluate(renderer, scope), renderer, scope)
    return .next
  }
}

/// `{% set target | filter %}…{% endset %}` and `{% filter name %}…{% endfilter %}`.
final class Capture: Statement {
  /// Nil to print the text instead.
  let target: Target?
  let filter: FilterCall?
  let body: Body
  let line: Int
  let depth: Int

  init(_ target: Target?, _ filter: FilterCall?, _ body: Body, line: Int) {
    self.target = target
    self.filter = filter
    self.body = body
    self.line = line
    depth = 1 + max(body.depth, filter?.depth ?? 0)
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    let inner = Scope(in: scope)
    var flow = Flow.next
    let text = try renderer.captured { flow = try body.execute(renderer, inner) }
    if flow != .next { return flow }
    renderer.line = line
    let value = try filter?.evaluate(renderer, inner, block: text) ?? .string(text)
    if let target {
      try target.assign(value, renderer, scope)
    } else {
      try renderer.write(value.printed)
    }
    return .next
  }
}

/// `{% with a = 1, b = 2 %}…{% endwith %}`
final class With: Statement {
  let assignments: [(target: Target, value: any Expression)]
  let body: Body
  let line: Int
  let depth: Int

  init(_ assignments: [(target: Target, value: any Expression)], _ body: Body, line: Int) {
    self.assignments = assignments
    self.body = body
    self.line = line
    depth = 1 + assignments.reduce(body.depth) { max($0, $1.value.depth) }
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    renderer.line = line
    let inner = Scope(in: scope)
    for (target, value) in assignments {
      try target.assign(try value.evaluate(renderer, scope), renderer, inner)
    }
    return try body.execute(renderer, inner)
  }
}

/// A body in a scope of its own: `{% block %}`, `{% generation %}`, `{% autoescape %}`.
final class Scoped: Statement {
  let body: Body
  /// Blocks see the template's own variables, not those of the loop they stand in.
  let isFromRoot: Bool
  let depth: Int

  init(_ body: Body, isFromRoot: Bool) {
    self.body = body
    self.isFromRoot = isFromRoot
    depth = 1 + body.depth
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    try body.execute(renderer, Scope(in: isFromRoot ? renderer.root : scope))
  }
}

/// `{% include %}` and its relatives: there is only ever one template.
final class OtherTemplate: Statement {
  let tag: String
  let line: Int
  let depth = 1

  init(_ tag: String, line: Int) {
    self.tag = tag
    self.line = line
  }

  func execute(_ renderer: Renderer, _ scope: Scope) throws -> Flow {
    renderer.line = line
    throw Failure("{% \(tag) %} needs another template, and a chat template has none")
  }
}

/// `{% break %}` and `{% continue %}`
final class Jump: Statement {
  let flow: Flow
  let depth = 1
  init(_ flow: Flow) { self.flow = flow }
  func execute(_ renderer: Renderer, _ scope: Scope) -> Flow { flow }
}
