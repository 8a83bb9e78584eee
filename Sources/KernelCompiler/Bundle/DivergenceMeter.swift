import Foundation
import ModelFiles

/// Collects how far one set of logits is from another, position by position.
public struct DivergenceMeter {
  private var sum = 0.0
  private var maximum = 0.0
  private var agreements = 0
  private var positions = 0

  public init() {}

  /// Adds one position: Kullback-Leibler divergence of `logits` from `reference`, in nats.
  public mutating func add(_ logits: ArraySlice<Float>, reference: ArraySlice<Float>) {
    add(Position(logits, reference: reference))
  }

  /// Adds one position.
  mutating func add(_ position: Position) {
    sum += position.divergence
    maximum = max(maximum, position.divergence)
    positions += 1
    if position.agrees { agreements += 1 }
  }

  /// How far the logits of one position are from others.
  struct Position: Sendable {
    /// In nats.
    let divergence: Double
    /// Whether both have the same best token.
    let agrees: Bool

    init(_ logits: ArraySlice<Float>, reference: ArraySlice<Float>) {
      divergence = DivergenceMeter.divergence(of: logits, from: reference)
      agrees = DivergenceMeter.bestOffset(logits) == DivergenceMeter.bestOffset(reference)
    }
  }

  public func result(prompts: Int) -> BundleManifest.Divergence {
    let count = Double(max(positions, 1))
    return BundleManifest.Divergence(
      meanKL: sum / count, maximumKL: maximum, top1Agreement: Double(agreements) / count,
      prompts: prompts)
  }

  static func divergence(of logits: ArraySlice<Float>, from reference: ArraySlice<Float>) -> Double
  {
    let logTotal = logSumExp(logits)
    let referenceLogTotal = logSumExp(reference)
    var sum = 0.0
    for (logit, expected) in zip(logits, reference) {
      let logProbability = Double(expected) - referenceLogTotal
      sum += exp(logProbability) * (logProbability - (Double(logit) - logTotal))
    }
    return max(sum, 0)
  }

  static func logSumExp(_ logits: ArraySlice<Float>) -> Double {
    let largest = Double(logits.max() ?? 0)
    return largest + log(logits.reduce(0.0) { $0 + exp(Double($1) - largest) })
  }

  private static func bestOffset(_ logits: ArraySlice<Float>) -> Int {
    var best = logits.startIndex
    for index in logits.indices where logits[index] > logits[best] { best = index }
    return best - logits.startIndex
  }
}
