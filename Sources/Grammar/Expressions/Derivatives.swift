/// Running regular expressions: derivatives, emptiness, and classes of bytes that no expression
/// tells apart.

extension ExpressionPool {
  /// What may follow once that byte has come.
  mutating func derivative(_ expression: Expression, _ byte: UInt8) -> Expression {
    guard first(expression).contains(byte) else { return Self.never }
    spend(1)
    guard !isExhausted else { return Self.never }
    let node = self[expression]
    switch node.kind {
    case .never, .empty: return Self.never
    case .bytes: return Self.empty
    case .concatenation:
      let inFirst = concatenation(derivative(node.first, byte), node.second)
      guard isNullable(node.first) else { return inFirst }
      return either(inFirst, derivative(node.second, byte))
    case .either: return either(elements(expression, .either).map { derivative($0, byte) })
    case .both:
      var result = Self.everything
      for element in elements(expression, .both) {
        result = both(result, derivative(element, byte))
        if result == Self.never { return result }
      }
      return result
    case .complement: return complement(derivative(node.first, byte))
    case .repetition:
      let rest = repetition(
        node.first, max(node.second - 1, 0), node.third == -1 ? -1 : node.third - 1)
      return concatenation(derivative(node.first, byte), rest)
    case .multiple:
      if byte == UInt8(ascii: ".") {
        return multiple(of: node.first, remainder: node.second, left: node.third)
      }
      let digit = Int(byte - UInt8(ascii: "0"))
      let remainder = Int32((Int(node.second) * 10 + digit) % Int(node.first))
      return node.third < 0
        ? multiple(of: node.first, remainder: remainder, left: -node.third - 1)
        : multiple(of: node.first, remainder: remainder, places: node.third)
    }
  }

  /// Whether that text matches.
  mutating func matches(_ expression: Expression, _ text: some Sequence<UInt8>) -> Bool {
    var state = expression
    for byte in text {
      state = derivative(state, byte)
      if state == Self.never { return false }
    }
    return isNullable(state)
  }

  /// The expression without repetition bounds that no text of `horizon` bytes can reach.
  mutating func clipped(_ expression: Expression, horizon: Int32) -> Expression {
    guard traits[Int(expression)].hasLargeCounts else { return expression }
    let node = self[expression]
    switch node.kind {
    case .concatenation:
      let second = clipped(node.second, horizon: horizon)
      return concatenation(clipped(node.first, horizon: horizon), second)
    case .either:
      var choices: [Expression] = []
      for element in elements(expression, .either) {
        choices.append(clipped(element, horizon: horizon))
      }
      return either(choices)
    case .repetition:
      let isEndless = node.third == -1 || node.third > horizon
      return repetition(
        clipped(node.first, horizon: horizon), min(node.second, horizon + 1),
        isEndless ? -1 : node.third)
    case .never, .empty, .bytes, .both, .complement, .multiple: return expression
    }
  }
}

// MARK: - Emptiness

extension ExpressionPool {
  /// States looked at before an expression counts as not empty.
  private static let searchLimit = 2000

  /// Whether nothing matches. Where a search doesn't end, the answer is no: a text may then get
  /// stuck, but never becomes wrong.
  mutating func isDead(_ expression: Expression) -> Bool {
    if traits[Int(expression)].isPlain { return expression == Self.never }
    if traits[Int(expression)].isNullable { return false }
    if let known = deadness[expression] { return known }
    let result = findsDead(expression)
    deadness[expression] = result
    return result
  }

  private mutating func findsDead(_ expression: Expression) -> Bool {
    let node = self[expression]
    switch node.kind {
    case .concatenation: return isDead(node.first) || isDead(node.second)
    case .either:
      for element in elements(expression, .either) where !isDead(element) { return false }
      return true
    case .repetition: return isDead(node.first)
    case .never, .empty, .bytes, .both, .complement, .multiple: return searchFindsDead(expression)
    }
  }

  /// Looks for a text that matches, depth first; all states on the way to one are known then.
  private mutating func searchFindsDead(_ expression: Expression) -> Bool {
    let representatives = byteClasses().representatives
    var origin: [Expression: Expression] = [expression: expression]
    var pending = [expression]
    var visits = 0
    while let state = pending.popLast() {
      visits += 1
      guard visits <= Self.searchLimit else { return false }
      for byte in representatives where first(state).contains(byte) {
        let following = derivative(state, byte)
        if isNullable(following) || deadness[following] == false {
          markLive(state, origin)
          return false
        }
        guard following != Self.never, deadness[following] != true, origin[following] == nil
        else { continue }
        origin[following] = state
        pending.append(following)
      }
    }
    for state in origin.keys { deadness[state] = true }
    return true
  }

  private mutating func markLive(_ found: Expression, _ origin: [Expression: Expression]) {
    var state = found
    deadness[state] = false
    while let before = origin[state], before != state {
      deadness[before] = false
      state = before
    }
  }

  /// The derivative, `never` where nothing can complete it.
  mutating func liveDerivative(_ expression: Expression, _ byte: UInt8) -> Expression {
    let result = derivative(expression, byte)
    return isDead(result) ? Self.never : result
  }
}

// MARK: - Byte classes

/// Bytes in classes whose members no expression tells apart.
struct ByteClasses: Sendable {
  /// The class of each byte. (256)
  let classOf: [UInt8]
  /// One byte of each class.
  let representatives: [UInt8]
  var count: Int { representatives.count }
}

extension ExpressionPool {
  /// The classes that the sets made so far tell apart; kept until there are more sets.
  mutating func byteClasses() -> ByteClasses {
    if let known = classes, known.sets == sets.count { return known.classes }
    let result = makeByteClasses()
    classes = (sets.count, result)
    return result
  }

  private func makeByteClasses() -> ByteClasses {
    var classOf = [Int](repeating: 0, count: 256)
    var count = 1
    var numbers = [Int](repeating: -1, count: 512)
    for set in sets where count < 256 {
      for index in 0..<count * 2 { numbers[index] = -1 }
      count = 0
      for byte in 0..<256 {
        let key = classOf[byte] * 2 + (set.contains(UInt8(byte)) ? 1 : 0)
        if numbers[key] < 0 {
          numbers[key] = count
          count += 1
        }
        classOf[byte] = numbers[key]
      }
    }
    var representatives = [UInt8](repeating: 0, count: count)
    for byte in (0..<256).reversed() { representatives[classOf[byte]] = UInt8(byte) }
    return ByteClasses(classOf: classOf.map(UInt8.init), representatives: representatives)
  }
}
