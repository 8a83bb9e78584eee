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

  /// Keeps the `count` most likely ones.
  mutating func keep(count: Int) {
    guard count < entries.count else { return }
    keep(last(nearestTo: 0, until: Double(count), counts: true), nearestTo: 0)
  }

  /// Keeps the fewest of those nearest to an exponent whose weights sum to at least `mass`; to 0
  /// for the most likely ones.
  mutating func keep(nearestTo center: Float = 0, mass: Double) {
    keep(last(nearestTo: center, until: mass, counts: false), nearestTo: center)
  }

  private mutating func keep(_ last: Candidate?, nearestTo center: Float) {
    guard let last else { return }
    entries.removeAll { Self.isNearer(to: center, last, $0) }
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

  /// The entry, in order of distance from an exponent, at which the running sum of weights, or the
  /// number of entries, reaches `goal`; nil if it never does. Weighted quickselect.
  func last(nearestTo center: Float, until goal: Double, counts: Bool) -> Candidate? {
    func measure(_ entry: Candidate) -> Double { counts ? 1 : entry.weight }
    var part = entries
    var before = 0.0
    while let pivot = Self.pivot(part, nearestTo: center) {
      let smaller = part.filter { Self.isNearer(to: center, $0, pivot) }
      let smallerSum = smaller.reduce(0) { $0 + measure($1) }
      if before + smallerSum >= goal, !smaller.isEmpty {
        part = smaller
      } else if before + smallerSum + measure(pivot) >= goal {
        return pivot
      } else {
        before += smallerSum + measure(pivot)
        part = part.filter { Self.isNearer(to: center, pivot, $0) }
      }
    }
    return nil
  }

  /// The lowest id first among equally near ones, as everywhere.
  private static func isNearer(to center: Float, _ a: Candidate, _ b: Candidate) -> Bool {
    let (distance, other) = (abs(a.exponent - center), abs(b.exponent - center))
    return distance == other ? a.id < b.id : distance < other
  }

  /// The median of three entries.
  private static func pivot(_ part: [Candidate], nearestTo center: Float) -> Candidate? {
    guard let first = part.first, let last = part.last else { return nil }
    return [first, part[part.count / 2], last].sorted { isNearer(to: center, $0, $1) }[1]
  }
}
