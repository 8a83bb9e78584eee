import Foundation

/// A row of logits at a temperature: exponents `(logit - maximum) * scale`, 0 for the most likely.
struct ScaledRow {
  let row: LogitRow
  let scan: LogitRow.Scan
  let scale: Float

  private var maximum: Float { scan.maximum }

  func mass() -> LogitRow.Mass {
    row.mass(maximum: maximum, scale: scale)
  }

  /// A draw without any filter.
  func drawFromAll(_ u: Double) -> Int32? {
    let mass = mass()
    return row.draw(target: u * mass.total, mass: mass, maximum: maximum, scale: scale)
      ?? row.mostLikely(scan)
  }

  /// The entries at least `threshold` likely, but the least likely of them.
  func topChoices(_ threshold: Float) -> [Int32] {
    let leastWeight = Double(threshold) * mass().total
    let near = collect(from: max(Float(log(leastWeight)) - 0.01, -.greatestFiniteMagnitude))
    return Candidates(near).topChoices(atLeast: leastWeight)
  }

  /// What the filters leave over; nil if none is on, so that nothing need be collected.
  func candidates(_ parameters: SamplingParameters) -> Candidates? {
    var left: Candidates?
    if parameters.topK > 0, parameters.topK < row.values.count {
      left = mostLikely(parameters.topK)
    }
    if parameters.typicalP < 1 {
      left = typical(Double(parameters.typicalP), of: left)
    }
    if parameters.topP < 1 {
      let mass = Double(parameters.topP) * (left?.mass ?? mass().total)
      var top = left ?? mostLikely(mass: mass)
      top.keepMostLikely(mass: mass)
      left = top
    }
    if parameters.minP > 0 {
      var top = left ?? Candidates(collect(from: Float(log(Double(parameters.minP))) - 0.01))
      top.keep(fractionOfMostLikely: parameters.minP)
      left = top
    }
    return left
  }

  /// The `count` most likely entries.
  func mostLikely(_ count: Int) -> Candidates {
    guard count > 0 else { return Candidates([]) }
    var top = Candidates(collect(startingWith: count) { $0.count >= count })
    top.keepMostLikely(count)
    return top
  }

  /// A few more than the most likely entries that have this mass.
  private func mostLikely(mass: Double) -> Candidates {
    Candidates(
      collect(startingWith: 64) { entries in entries.reduce(0) { $0 + $1.weight } >= mass })
  }

  /// Locally typical sampling (Meister et al. 2022): the entries whose surprise is nearest to the
  /// entropy. In exponents, that is nearest to their mean.
  private func typical(_ fraction: Double, of given: Candidates?) -> Candidates {
    var left: Candidates
    let mean: Double
    let total: Double
    if let given {
      left = given
      total = given.mass
      mean = given.entries.reduce(0) { $0 + $1.weight * Double($1.exponent) } / total
    } else {
      let mass = mass()
      (total, mean) = (mass.total, mass.weightedExponents / mass.total)
      left = Candidates(collect(near: Float(mean), mass: fraction * total))
    }
    left.keepNearest(to: Float(mean), mass: fraction * total)
    return left
  }

  // MARK: Collecting

  private func collect(from bound: Float) -> [Candidate] {
    row.candidates(in: bound...0, maximum: maximum, scale: scale)
  }

  /// Lowers the bound until the entries above it are enough: in a peaked distribution, which is
  /// the rule, a handful of 150,000 are.
  private func collect(startingWith count: Int, until isEnough: ([Candidate]) -> Bool)
    -> [Candidate]
  {
    let counted = [count, 8 * count].compactMap { scan.reached(by: $0) }
      .map { ($0 - maximum) * scale }
    for bound in counted + [-8, -16, -32] where bound > -80 {
      let found = collect(from: bound)
      if isEnough(found) { return found }
    }
    return collect(from: -.greatestFiniteMagnitude)
  }

  private func collect(near center: Float, mass: Double) -> [Candidate] {
    for radius: Float in [2, 4, 8, 16, 32] {
      let found = row.candidates(
        in: center - radius...center + radius, maximum: maximum, scale: scale)
      if found.reduce(0, { $0 + $1.weight }) >= mass { return found }
    }
    return collect(from: -.greatestFiniteMagnitude)
  }
}
