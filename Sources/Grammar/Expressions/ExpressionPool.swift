/// A regular expression over bytes, by its number in an `ExpressionPool`.
typealias Expression = Int32

/// Regular expressions over bytes, each kept once, so that equal ones have the same number.
///
/// They are matched by derivatives: what may follow after a byte is an expression again. That
/// gives a deterministic automaton of which only the visited states are ever made, and makes
/// intersection and complement as cheap as alternatives.
struct ExpressionPool: Sendable {
  enum Kind: UInt8, Sendable {
    /// No text at all.
    case never
    /// The empty text.
    case empty
    /// One byte of set `first`.
    case bytes
    /// `first`, then `second`.
    case concatenation
    /// `first` or `second`: a list that ends in an expression of another kind, ascending.
    case either
    /// `first` and `second` at once: a list likewise.
    case both
    /// Everything but `first`.
    case complement
    /// `first`, at least `second` and at most `third` times (-1: without end).
    case repetition
    /// Digits that continue a number with remainder `second` so that `first` divides it, once it is
    /// multiplied by a power of ten: `third` is 0 for none, the number of digits that may come behind
    /// a point that hasn't come, or the negative number of those left behind one that has.
    case multiple
  }

  struct Node: Hashable, Sendable {
    var kind: Kind
    var first: Int32 = 0
    var second: Int32 = 0
    var third: Int32 = 0
  }

  /// What is known of an expression without running it.
  struct Traits: Sendable {
    /// Matches the empty text.
    var isNullable: Bool
    /// Without intersection and complement: empty only where it is `never`.
    var isPlain: Bool
    /// Has repetition bounds worth clipping, outside of intersection and complement.
    var hasLargeCounts: Bool
    /// How deep taking a derivative recurses.
    var depth: Int32
    /// Bytes it may begin with; more than that under intersection and complement.
    var first: ByteSet
    /// The same for equal expressions of any pool of this process.
    var identity: StructuralHash
  }

  private(set) var nodes: [Node] = []
  private(set) var traits: [Traits] = []
  private(set) var sets: [ByteSet] = []
  /// Open addressing by hash: expression + 1, 0 where nothing is.
  private var slots = [Int32](repeating: 0, count: 1 << 10)
  private let seed = UInt64.random(in: .min ... .max) | 1
  private var setIndex: [ByteSet: Int32] = [:]
  /// The expression of each byte alone; `never` for none yet. (256)
  private var singleBytes = [Expression](repeating: Self.never, count: 256)
  let limit: Int
  /// Set once a limit was met; expressions made since are `never`.
  private(set) var isExhausted = false
  /// Members of lists looked at and derivatives taken, which is what takes the time.
  private(set) var work = 0
  /// The work at which `isExhausted` is set.
  var workLimit: Int
  /// Whether expressions were found empty or not, where that took a search.
  var deadness: [Expression: Bool] = [:]
  /// Byte classes, and the number of sets they are of.
  var classes: (sets: Int, classes: ByteClasses)?
  /// Expressions for one character of a JSON string, which all take any plain character.
  var stringCharacters: Set<Expression> = []
  /// `jsonCharacter` and `canonicalCharacter`, once they are made.
  var characters: (any: Expression?, canonical: Expression?)

  /// Counts above this are clipped to what a token can reach.
  static let largeCount: Int32 = 48
  static let maximumDepth: Int32 = 600

  /// About how much memory an expression takes.
  static let bytesPerNode = 200

  static let never: Expression = 0
  static let empty: Expression = 1
  static let everything: Expression = 2

  init(limit: Int, workLimit: Int = .max) {
    self.limit = limit
    self.workLimit = workLimit
    _ = intern(Node(kind: .never))
    _ = intern(Node(kind: .empty))
    _ = intern(Node(kind: .complement, first: Self.never))
  }

  subscript(expression: Expression) -> Node { nodes[Int(expression)] }

  /// Counts work that was done.
  mutating func spend(_ steps: Int) {
    work += steps
    if work > workLimit { isExhausted = true }
  }

  func isNullable(_ expression: Expression) -> Bool { traits[Int(expression)].isNullable }
  func first(_ expression: Expression) -> ByteSet { traits[Int(expression)].first }

  /// The expression of that node, made where there is none yet.
  private mutating func intern(_ node: Node) -> Expression {
    let slot = slot(of: node)
    if slots[slot] != 0 { return slots[slot] - 1 }
    guard nodes.count < limit else {
      isExhausted = true
      return Self.never
    }
    let traits = makeTraits(node)
    guard traits.depth <= Self.maximumDepth else {
      isExhausted = true
      return Self.never
    }
    let expression = Expression(nodes.count)
    nodes.append(node)
    self.traits.append(traits)
    slots[slot] = expression + 1
    if nodes.count * 2 > slots.count { grow() }
    return expression
  }

  /// Where a node stands in `slots`, or would.
  private func slot(of node: Node) -> Int {
    let low = UInt64(UInt32(bitPattern: node.first)) | UInt64(UInt32(bitPattern: node.second)) << 32
    let high = UInt64(UInt32(bitPattern: node.third)) << 8 | UInt64(node.kind.rawValue)
    var hash = (low ^ seed) &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ hash >> 29 ^ high) &* 0xBF58_476D_1CE4_E5B9
    hash ^= hash >> 32
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0, nodes[Int(slots[slot]) - 1] != node { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: slots.count * 4)
    for (expression, node) in nodes.enumerated() {
      let slot = slot(of: node)
      slots[slot] = Int32(expression) + 1
    }
  }
}

// MARK: - Making expressions

extension ExpressionPool {
  mutating func bytes(_ set: ByteSet) -> Expression {
    if set.isEmpty { return Self.never }
    if let number = setIndex[set] { return intern(Node(kind: .bytes, first: number)) }
    let number = Int32(sets.count)
    sets.append(set)
    setIndex[set] = number
    return intern(Node(kind: .bytes, first: number))
  }

  mutating func byte(_ byte: UInt8) -> Expression {
    let known = singleBytes[Int(byte)]
    if known != Self.never { return known }
    let result = bytes(ByteSet(byte))
    singleBytes[Int(byte)] = result
    return result
  }

  mutating func literal(_ text: some BidirectionalCollection<UInt8>) -> Expression {
    var result = Self.empty
    for byte in text.reversed() { result = concatenation(self.byte(byte), result) }
    return result
  }

  mutating func literal(_ text: String) -> Expression { literal(Array(text.utf8)) }

  /// One of the texts. Those that begin alike share their beginnings, so that a byte has few of them
  /// to be looked up in.
  mutating func literals(_ texts: [[UInt8]]) -> Expression {
    literals(texts.sorted { $0.lexicographicallyPrecedes($1) }[...], from: 0, branchings: 64)
  }

  /// - Parameters:
  ///   - sorted: texts that are the same up to `start`.
  ///   - branchings: how often they may be divided further.
  private mutating func literals(
    _ sorted: ArraySlice<[UInt8]>, from start: Int, branchings: Int
  ) -> Expression {
    guard let first = sorted.first, let last = sorted.last else { return Self.never }
    guard sorted.count > 1, branchings > 0 else {
      return either(sorted.map { literal($0[start...]) })
    }
    // What the first and the last of them share is in all between.
    let shared = start + zip(first[start...], last[start...]).prefix { $0 == $1 }.count
    var ways: [Expression] = []
    var rest = sorted
    while let text = rest.first {
      guard text.count > shared else {
        ways.append(Self.empty)
        rest = rest.dropFirst()
        continue
      }
      let group = rest.prefix { $0[shared] == text[shared] }
      ways.append(literals(group, from: shared, branchings: branchings - 1))
      rest = rest.dropFirst(group.count)
    }
    return concatenation(literal(first[start..<shared]), either(ways))
  }

  mutating func concatenation(_ first: Expression, _ second: Expression) -> Expression {
    if first == Self.never || second == Self.never { return Self.never }
    if first == Self.empty { return second }
    if second == Self.empty { return first }
    if self[first].kind != .concatenation {
      return intern(Node(kind: .concatenation, first: first, second: second))
    }
    var parts = [first]
    while let last = parts.last, self[last].kind == .concatenation {
      parts[parts.count - 1] = self[last].first
      parts.append(self[last].second)
    }
    var result = second
    for part in parts.reversed() {
      result = intern(Node(kind: .concatenation, first: part, second: result))
    }
    return result
  }

  mutating func concatenation(_ parts: [Expression]) -> Expression {
    parts.reversed().reduce(Self.empty) { concatenation($1, $0) }
  }

  mutating func either(_ first: Expression, _ second: Expression) -> Expression {
    if first == second || second == Self.never { return first }
    if first == Self.never { return second }
    if first == Self.everything || second == Self.everything { return Self.everything }
    return list(.either, elements(first, .either) + elements(second, .either))
  }

  mutating func either(_ choices: [Expression]) -> Expression {
    let all = choices.flatMap { elements($0, .either) }.filter { $0 != Self.never }
    return all.contains(Self.everything) ? Self.everything : list(.either, all)
  }

  mutating func both(_ first: Expression, _ second: Expression) -> Expression {
    if first == second || second == Self.everything { return first }
    if first == Self.everything { return second }
    if first == Self.never || second == Self.never { return Self.never }
    return list(.both, elements(first, .both) + elements(second, .both))
  }

  mutating func both(_ all: [Expression]) -> Expression {
    var parts: [Expression] = []
    for expression in all where expression != Self.everything {
      if expression == Self.never { return Self.never }
      parts += elements(expression, .both)
    }
    return parts.isEmpty ? Self.everything : list(.both, parts)
  }

  mutating func complement(_ expression: Expression) -> Expression {
    if self[expression].kind == .complement { return self[expression].first }
    return intern(Node(kind: .complement, first: expression))
  }

  /// - Parameter maximum: -1 for no end.
  mutating func repetition(
    _ expression: Expression, _ minimum: Int32, _ maximum: Int32
  ) -> Expression {
    if maximum == 0 || expression == Self.empty { return Self.empty }
    if expression == Self.never { return minimum == 0 ? Self.empty : Self.never }
    if minimum == 1, maximum == 1 { return expression }
    let node = self[expression]
    if node.kind == .repetition, node.second == 0, node.third == -1 { return expression }
    let minimum = isNullable(expression) ? 0 : minimum
    return intern(
      Node(kind: .repetition, first: expression, second: minimum, third: maximum))
  }

  mutating func star(_ expression: Expression) -> Expression { repetition(expression, 0, -1) }

  mutating func optional(_ expression: Expression) -> Expression {
    either(expression, Self.empty)
  }

  /// Texts that hold that one somewhere.
  mutating func containing(_ expression: Expression) -> Expression {
    concatenation([Self.everything, expression, Self.everything])
  }

  /// Digits whose number, continuing one with that remainder, `modulus` divides.
  ///
  /// - Parameter places: see `Kind.multiple`; the divisor is `modulus` behind as many places.
  mutating func multiple(
    of modulus: Int32, remainder: Int32 = 0, places: Int32 = 0
  ) -> Expression {
    if places < 0, !Self.divides(modulus, remainder, within: -places) { return Self.never }
    for digit in UInt8(ascii: "0")...UInt8(ascii: "9") { _ = byte(digit) }
    if places != 0 { _ = byte(UInt8(ascii: ".")) }
    return intern(Node(kind: .multiple, first: modulus, second: remainder, third: places))
  }

  /// A number behind a point, with so many digits left.
  mutating func multiple(of modulus: Int32, remainder: Int32, left places: Int32) -> Expression {
    if places > 0 { return multiple(of: modulus, remainder: remainder, places: -places) }
    return remainder == 0 ? Self.empty : Self.never
  }

  /// Whether some digits at the end of a number with that remainder make it a multiple.
  private static func divides(_ modulus: Int32, _ remainder: Int32, within places: Int32) -> Bool {
    let missing = (Int(modulus) - scaled(remainder, modulus, places)) % Int(modulus)
    return (0..<places).reduce(1) { power, _ in min(power * 10, Int(Int32.max)) } > missing
  }

  /// The remainder once so many zeros have come.
  private static func scaled(_ remainder: Int32, _ modulus: Int32, _ places: Int32) -> Int {
    (0..<places).reduce(Int(remainder)) { result, _ in result * 10 % Int(modulus) }
  }

  /// The members of a list, or the expression alone.
  func elements(_ expression: Expression, _ kind: Kind) -> [Expression] {
    var result: [Expression] = []
    var rest = expression
    while self[rest].kind == kind {
      result.append(self[rest].first)
      rest = self[rest].second
    }
    result.append(rest)
    return result
  }

  private mutating func list(_ kind: Kind, _ elements: [Expression]) -> Expression {
    spend(elements.count)
    let sorted = elements.sorted()
    guard var result = sorted.last else { return Self.never }
    var previous = result
    for element in sorted.dropLast().reversed() where element != previous {
      result = intern(Node(kind: kind, first: element, second: result))
      previous = element
    }
    return result
  }
}

// MARK: - Traits

extension ExpressionPool {
  private func makeTraits(_ node: Node) -> Traits {
    var result = Traits(
      isNullable: false, isPlain: true, hasLargeCounts: false, depth: 1, first: .none,
      identity: StructuralHash(node, traits, sets))
    let first = nodes.indices.contains(Int(node.first)) ? traits[Int(node.first)] : nil
    let second = nodes.indices.contains(Int(node.second)) ? traits[Int(node.second)] : nil
    switch node.kind {
    case .never: break
    case .empty: result.isNullable = true
    case .bytes: result.first = sets[Int(node.first)]
    case .multiple:
      result.isNullable = Self.scaled(node.second, node.first, abs(node.third)) == 0
      result.first = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
      if node.third > 0 { result.first.insert(UInt8(ascii: ".")) }
    case .concatenation:
      guard let first, let second else { return result }
      result.isNullable = first.isNullable && second.isNullable
      result.isPlain = first.isPlain && second.isPlain
      result.hasLargeCounts = first.hasLargeCounts || second.hasLargeCounts
      result.depth = 1 + max(first.depth, first.isNullable ? second.depth : 0)
      result.first = first.isNullable ? first.first.union(second.first) : first.first
    case .either, .both:
      guard let first, let second else { return result }
      let isUnion = node.kind == .either
      result.isNullable =
        isUnion
        ? first.isNullable || second.isNullable : first.isNullable && second.isNullable
      result.isPlain = isUnion && first.isPlain && second.isPlain
      result.hasLargeCounts = isUnion && (first.hasLargeCounts || second.hasLargeCounts)
      // Lists are walked, not recursed into.
      result.depth = max(1 + first.depth, second.depth)
      result.first =
        isUnion ? first.first.union(second.first) : first.first.intersection(second.first)
    case .complement:
      result.isNullable = !(first?.isNullable ?? false)
      // What matches everything is empty nowhere.
      result.isPlain = node.first == Self.never
      result.depth = 1 + (first?.depth ?? 0)
      result.first = .all
    case .repetition:
      guard let first else { return result }
      result.isNullable = node.second == 0 || first.isNullable
      result.isPlain = first.isPlain
      result.hasLargeCounts =
        node.second > Self.largeCount || node.third > Self.largeCount || first.hasLargeCounts
      result.depth = 1 + first.depth
      result.first = first.first
    }
    return result
  }
}
