import ModelABI

@testable import Runtime

/// Agrees with a scripted model but for every `period`-th position, where it says something else.
final class FlawedModel: LanguageModel {
  let base: ScriptedModel
  private let period: Int

  init(_ base: ScriptedModel, period: Int) {
    self.base = base
    self.period = period
  }

  var vocabulary: Int { base.vocabulary }
  var maximumRows: Int { base.maximumRows }
  var pagePositions: Int { base.pagePositions }
  var contextLimit: Int { base.contextLimit }
  var pageBytes: Int { base.pageBytes }
  var backend: String { "flawed" }
  var memory: ModelMemory { ModelMemory(weightBytes: 1000, scratchBytes: 10) }

  func run(_ step: UnsafePointer<model_step>) {
    base.run(step)
    for index in 0..<Int(step.pointee.logit_rows) {
      let row = Int(step.pointee.logit_indices[index])
      guard Int(step.pointee.positions[row]) % period == 0 else { continue }
      let logits = step.pointee.logits + index * vocabulary
      for place in 0..<vocabulary { logits[place] = -logits[place] }
    }
  }
}
