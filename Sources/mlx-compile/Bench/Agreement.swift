import KernelCompiler
import ModelFiles

/// How near two models' answers are to each other, over a short prompt.
struct Agreement {
  let divergence: BundleManifest.Divergence

  private static let length = 32

  /// Nil where they don't have the same vocabulary.
  init?(of left: Contestant, with right: Contestant) {
    let vocabulary = left.model.vocabulary
    guard vocabulary == right.model.vocabulary else { return nil }
    let tokens = (0..<Self.length).map { Workload.token($0, vocabulary: vocabulary) }
    let (logits, reference) = (left.logits(of: tokens), right.logits(of: tokens))
    var meter = DivergenceMeter()
    for row in tokens.indices {
      let range = row * vocabulary..<(row + 1) * vocabulary
      meter.add(logits[range], reference: reference[range])
    }
    divergence = meter.result(prompts: 1)
  }
}
