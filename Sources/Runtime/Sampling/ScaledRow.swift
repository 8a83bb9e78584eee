import Foundation

/// A row of logits at a temperature: exponents `(logit - maximum) * scale`, 0 for the most likely.
struct ScaledRow {
  let row: LogitRow
  let scan: LogitRow.Scan
  let scale: Float

  private var maximum: Float { scan.maximum }

  func mass(of region: LogitRow.Region = .everything) -> LogitRow.Mass {
    row.mass(of: region, maximum: maximum, scale: scale)
  }

  func draw(_ u: Double, from region: LogitRow.Region) -> Int32? {
    let mass = mass(of: region)
    return row.draw(
      target: u * mass.total, from: region, mass: mass, maximum: maximum, scale: scale)
  }

  /// The entries of a region that are at least `threshold` likely, but the least likely of them.
  func topChoices(_ threshold: Float, of region: LogitRow.Region = .everything) -> [Int32] {
    let leastWeight = Double(threshold) * mass(of: region).total
    let distance = min(max(0.01 - Float(log(leastWeight)), 0), .greatestFiniteMagnitude)
    let near = row.candidates(
      within: 0...distance, of: 0, limit: .max, scan: scan, scale: scale)
    return Candidates((near ?? []).filter(region.contains)).topChoices(atLeast: leastWeight)
  }
}
