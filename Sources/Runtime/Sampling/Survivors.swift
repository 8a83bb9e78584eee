import Foundation

/// What the filters leave of a row: few entries one by one, or many as a region of it.
///
/// In a peaked distribution, which is the rule, a handful of 150,000 entries are left; in a flat one
/// nearly all are, and to list them would take longer than to compute them.
enum Survivors {
  case list(Candidates)
  case region(LogitRow.Region)
}

extension ScaledRow {
  /// Most entries worth listing.
  private static let longestList = 2048

  func survivors(_ parameters: SamplingParameters) -> Survivors {
    var left = Survivors.region(.everything)
    if parameters.topK > 0, parameters.topK < row.values.count {
      left = mostLikely(parameters.topK)
    }
    if parameters.typicalP < 1 { left = typical(Double(parameters.typicalP), of: left) }
    if parameters.topP < 1 { left = mostLikely(share: Double(parameters.topP), of: left) }
    if parameters.minP > 0 { left = keep(fractionOfMostLikely: parameters.minP, of: left) }
    return left
  }

  /// The `count` most likely entries.
  func mostLikely(_ count: Int) -> Survivors {
    guard var few = collect(atLeast: count, until: { $0.entries.count >= count }) else {
      return .region(nearest(to: 0, until: Double(count), counts: true))
    }
    few.keep(count: count)
    return .list(few)
  }

  func listed(_ survivors: Survivors) -> Candidates {
    switch survivors {
    case .list(let candidates): candidates
    case .region(let region):
      Candidates(
        (collect(within: region.edge, of: region.center, limit: .max) ?? [])
          .filter(region.contains))
    }
  }

  private func mostLikely(share: Double, of left: Survivors) -> Survivors {
    switch left {
    case .region(let region) where region.center == 0:
      let goal = share * mass(of: region).total
      guard region == .everything,
        var few = collect(atLeast: 64, until: { $0.mass >= goal })
      else { return .region(nearest(to: 0, until: goal, counts: false)) }
      few.keep(mass: goal)
      return .list(few)
    case .list, .region:
      var candidates = listed(left)
      candidates.keep(mass: share * candidates.mass)
      return .list(candidates)
    }
  }

  private func keep(fractionOfMostLikely fraction: Float, of left: Survivors) -> Survivors {
    let edge = max(-Float(log(Double(fraction))), 0)
    var few: Candidates
    switch left {
    case .region(var region) where region.center == 0:
      guard
        let near = collect(
          within: min(edge + 0.01, region.edge), of: 0, limit: Self.longestList)
      else {
        if edge < region.edge { (region.edge, region.lastTie) = (edge, .max) }
        return .region(region)
      }
      few = Candidates(near.filter(region.contains))
    case .list, .region:
      few = listed(left)
    }
    few.keep(fractionOfMostLikely: fraction)
    return .list(few)
  }

  /// Locally typical sampling (Meister et al. 2022): the entries whose surprise is nearest to the
  /// entropy. In exponents, that is nearest to their mean.
  private func typical(_ share: Double, of left: Survivors) -> Survivors {
    guard case .region(.everything) = left else {
      var candidates = listed(left)
      let total = candidates.mass
      let mean = candidates.entries.reduce(0) { $0 + $1.weight * Double($1.exponent) } / total
      candidates.keep(nearestTo: Float(mean), mass: share * total)
      return .list(candidates)
    }
    let mass = mass(of: .everything)
    let mean = Float(mass.weightedExponents / mass.total)
    for radius: Float in [2, 8] {
      let near = collect(within: radius, of: mean, limit: Self.longestList).map(Candidates.init)
      guard var near, near.mass >= share * mass.total else { continue }
      near.keep(nearestTo: mean, mass: share * mass.total)
      return .list(near)
    }
    return .region(nearest(to: mean, until: share * mass.total, counts: false))
  }

  // MARK: Collecting

  private func collect(within distance: Float, of center: Float, limit: Int) -> [Candidate]? {
    let distances = 0...min(distance, .greatestFiniteMagnitude)
    return row.candidates(
      within: distances, of: center, limit: limit, scan: scan, scale: scale)
  }

  /// The most likely entries, if few of them are enough: those above a value that at least `count`
  /// of them reach, or eight times as many.
  private func collect(atLeast count: Int, until isEnough: (Candidates) -> Bool) -> Candidates? {
    guard count > 0 else { return Candidates([]) }
    for count in [count, 8 * count] {
      guard let value = scan.reached(by: count) else { break }
      let distance = (scan.maximum - value) * scale
      let found = collect(within: distance, of: 0, limit: Self.longestList).map(Candidates.init)
      if let found, isEnough(found) { return found }
    }
    return nil
  }

  /// The entries nearest to an exponent whose weights, or numbers, sum to `goal`. Only those in the
  /// bin of a histogram where that happens are put in order.
  private func nearest(to center: Float, until goal: Double, counts: Bool) -> LogitRow.Region {
    // Logits that a high temperature presses together need narrower bins.
    let hotness = min(max(-log2(Double(scale)), 0), 64).rounded(.down)
    let perUnit = Float(32 * exp2(hotness))
    let bins = row.histogram(
      around: center, perUnit: perUnit, counts: counts, maximum: scan.maximum, scale: scale)
    var region = LogitRow.Region(center: center, edge: .infinity, lastTie: .max)
    var before = 0.0
    for (bin, sum) in bins.enumerated() {
      guard before + sum >= goal else {
        before += sum
        continue
      }
      let isLast = bin == bins.count - 1
      let upper = isLast ? .greatestFiniteMagnitude : (Float(bin + 1) / perUnit).nextDown
      let entries = row.candidates(
        within: Float(bin) / perUnit...upper, of: center, limit: .max, scan: scan,
        scale: scale)
      region.edge = upper
      let inBin = Candidates(entries ?? [])
      if let last = inBin.last(nearestTo: center, until: goal - before, counts: counts) {
        (region.edge, region.lastTie) = (abs(last.exponent - center), last.id)
      }
      return region
    }
    return region
  }
}
