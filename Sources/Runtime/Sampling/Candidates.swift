/// The entries that are left over, by ascending id, and the filters that leave fewer.
///
/// Each filter keeps a beginning of some order of the candidates. It finds the last one to keep by
/// selection, not by sorting, so that a filter that keeps nearly all of 150,000 stays linear.
struct Candidates {
  private(set) var entries: [Candidate]

  init(_ entries: [Candidate]) {
    self.entries = entries
  }

  var mass: Double { entries.reduce(0) { $0 + $1.weight } }

  mutating func keepMostLikely(_ count: Int) {
    guard count < entries.count else { return }
    keep(by: Self.isMoreLikely, until: Double(count)) { _ in 1 }
  }

  /// Keeps the fewest most likely ones whose weights sum to at least `mass`.
  mutating func keepMostLikely(mass: Double) {
    keep(by: Self.isMoreLikely, until: mass) { $0.weight }
  }

  /// Keeps those nearest to an exponent whose weights sum to at least `mass`.
  mutating func keepNearest(to exponent: Float, mass: Double) {
    func isNearer(_ a: Candidate, _ b: Candidate) -> Bool {
      let (distance, other) = (abs(a.exponent - exponent), abs(b.exponent - exponent))
      return distance == other ? a.id < b.id : distance < other
    }
    keep(by: isNearer, until: mass) { $0.weight }
  }

  /// Keeps those at least `fraction` as likely as the most likely one.
  mutating func keep(fractionOfMostLikely fraction: Float) {
    guard let most = entries.map(\.weight).max() else { return }
    entries.removeAll { $0.weight < most * Double(fraction) }
  }

  /// Those at least `weight` likely, but the least likely of them.
  func topChoices(atLeast weight: Double) -> [Int32] {
    let top = entries.filter { $0.weight >= weight }
    let kept = top.max(by: Self.isMoreLikely)
    return top.map(\.id).filter { $0 != kept?.id }
  }

  mutating func drop(_ ids: [Int32]) {
    entries.removeAll { ids.contains($0.id) }
  }

  /// The entry at which the running sum of weights passes `target`; the last one at the end.
  func draw(target: Double) -> Int32? {
    var sum = 0.0
    for entry in entries {
      sum += entry.weight
      if sum > target { return entry.id }
    }
    return entries.last?.id
  }

  /// The lowest id first among equally likely ones, as everywhere.
  static func isMoreLikely(_ a: Candidate, _ b: Candidate) -> Bool {
    a.exponent == b.exponent ? a.id < b.id : a.exponent > b.exponent
  }

  /// Keeps the shortest beginning of the order `isBefore` whose `measure` sums to `goal`.
  private mutating func keep(
    by isBefore: (Candidate, Candidate) -> Bool, until goal: Double,
    _ measure: (Candidate) -> Double
  ) {
    guard let last = select(by: isBefore, until: goal, measure) else { return }
    entries.removeAll { isBefore(last, $0) }
  }

  /// Weighted quickselect: the entry, in the order `isBefore`, at which the running sum of
  /// `measure` reaches `goal`; nil if it never does.
  private func select(
    by isBefore: (Candidate, Candidate) -> Bool, until goal: Double,
    _ measure: (Candidate) -> Double
  ) -> Candidate? {
    var part = entries
    var before = 0.0
    while let pivot = Self.pivot(part, by: isBefore) {
      let smaller = part.filter { isBefore($0, pivot) }
      let smallerSum = smaller.reduce(0) { $0 + measure($1) }
      if before + smallerSum >= goal, !smaller.isEmpty {
        part = smaller
      } else if before + smallerSum + measure(pivot) >= goal {
        return pivot
      } else {
        before += smallerSum + measure(pivot)
        part = part.filter { isBefore(pivot, $0) }
      }
    }
    return nil
  }

  /// The median of three entries.
  private static func pivot(_ part: [Candidate], by isBefore: (Candidate, Candidate) -> Bool)
    -> Candidate?
  {
    guard let first = part.first, let last = part.last else { return nil }
    return [first, part[part.count / 2], last].sorted(by: isBefore)[1]
  }
}
