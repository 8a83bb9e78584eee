/// 128 bits that stand for the structure of an expression; seeded anew in each process, so that
/// nobody can make two that collide.
struct StructuralHash: Hashable, Sendable {
  let low: Int
  let high: Int

  /// - Parameters:
  ///   - traits: those of the pool's expressions, by number.
  ///   - sets: the pool's sets.
  init(_ node: ExpressionPool.Node, _ traits: [ExpressionPool.Traits], _ sets: [ByteSet]) {
    var low = Hasher()
    var high = Hasher()
    high.combine(1)
    func add(_ value: some Hashable) {
      low.combine(value)
      high.combine(value)
    }
    func add(child: Int32) {
      low.combine(traits[Int(child)].identity.low)
      high.combine(traits[Int(child)].identity.high)
    }
    add(node.kind.rawValue)
    switch node.kind {
    case .never, .empty: break
    case .bytes: add(sets[Int(node.first)])
    case .concatenation, .either, .both:
      add(child: node.first)
      add(child: node.second)
    case .complement: add(child: node.first)
    case .repetition:
      add(child: node.first)
      add(node.second)
      add(node.third)
    case .multiple:
      add(node.first)
      add(node.second)
      add(node.third)
    }
    self.low = low.finalize()
    self.high = high.finalize()
  }
}
