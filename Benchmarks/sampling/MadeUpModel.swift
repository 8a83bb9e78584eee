import Foundation
import ModelABI
import ModelFiles
import Runtime

/// The shape of a distribution over tokens.
enum Logits {
  /// A few tokens have nearly all the probability.
  case peaked
  /// A normal distribution of logits, which leaves most tokens likely.
  case flat

  /// (vocabulary)
  func row(_ vocabulary: Int, seed: Int) -> [Float] {
    var bits = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    func uniform() -> Float {
      bits ^= bits << 13
      bits ^= bits >> 7
      bits ^= bits << 17
      return Float(bits >> 40) * 0x1p-24
    }
    // Sums of uniform numbers are near enough to normal ones.
    var row = (0..<vocabulary).map { _ in (0..<6).reduce(0) { sum, _ in sum + uniform() } * 2 - 6 }
    guard self == .peaked else { return row }
    for rank in 0..<200 {
      row[Int(uniform() * Float(vocabulary - 1))] = 20 - 2 * Float(rank + 1).squareRoot()
    }
    return row
  }
}

/// Gives made-up logits at once, or in place of those of a model that has computed its step.
final class MadeUpModel: LanguageModel {
  let inner: CompiledModel?
  /// (rows, vocabulary)
  private let rows: [[Float]]

  let vocabulary: Int
  var maximumRows: Int { inner?.maximumRows ?? 256 }
  var pagePositions: Int { inner?.pagePositions ?? 64 }
  var contextLimit: Int { inner?.contextLimit ?? 4096 }
  var pageBytes: Int { inner?.pageBytes ?? 64 }
  var backend: String { inner?.backend ?? "made up" }
  var memory: ModelMemory { inner?.memory ?? ModelMemory(weightBytes: 0, scratchBytes: 0) }

  init(_ logits: Logits, around inner: CompiledModel?) {
    self.inner = inner
    let vocabulary = inner?.vocabulary ?? 151_936
    self.vocabulary = vocabulary
    rows = (1...16).map { logits.row(vocabulary, seed: $0) }
  }

  convenience init(bundle path: String) throws {
    self.init(.flat, around: try CompiledModel(bundle: ModelBundle(path: path)))
  }

  func run(_ step: UnsafePointer<model_step>) {
    inner?.run(step)
    for index in 0..<Int(step.pointee.logit_rows) {
      let row = Int(step.pointee.logit_indices[index])
      let place = Int(step.pointee.positions[row] + step.pointee.sequences[row]) % rows.count
      (step.pointee.logits + index * vocabulary).update(from: rows[place], count: vocabulary)
    }
  }
}
