import Foundation

@testable import Runtime

/// Sampling as one would write it down: whole distributions, sorted, in double precision.
struct NaiveSampling {
  private(set) var logits: [Double]
  /// Probabilities of what is left, by id; filters set entries to 0 and renormalise.
  private(set) var probabilities: [Double] = []

  init(_ logits: [Float]) {
    self.logits = logits.map(Double.init)
  }

  mutating func apply(_ parameters: SamplingParameters, prompt: [Int32], answer: [Int32]) {
    for (token, bias) in parameters.logitBias { logits[Int(token)] += Double(bias) }
    let window = parameters.penaltyWindow ?? .max
    let all = (prompt + answer).suffix(min(window, prompt.count + answer.count))
    for token in Set(all) {
      let logit = logits[Int(token)]
      let repetition = Double(parameters.repetitionPenalty)
      logits[Int(token)] = logit > 0 ? logit / repetition : logit * repetition
    }
    for token in answer.suffix(min(window, answer.count)) {
      logits[Int(token)] -= Double(parameters.frequencyPenalty)
    }
    for token in Set(answer.suffix(min(window, answer.count))) {
      logits[Int(token)] -= Double(parameters.presencePenalty)
    }
  }

  /// The distribution to draw from. `xtc` says whether the top choices are excluded this time.
  mutating func distribution(_ parameters: SamplingParameters, xtc: Bool) -> [Double] {
    softmax(temperature: Double(parameters.temperature))
    if parameters.topK > 0 { keep(prefixOf: byLikelihood) { kept, _ in kept < parameters.topK } }
    if parameters.typicalP < 1 {
      keep(prefixOf: byTypicality) { _, mass in mass < Double(parameters.typicalP) }
    }
    if parameters.topP < 1 {
      keep(prefixOf: byLikelihood) { _, mass in mass < Double(parameters.topP) }
    }
    let most = probabilities.max() ?? 0
    keep { $0 >= most * Double(parameters.minP) }
    if xtc, let exclude = parameters.xtc {
      let top = byLikelihood.filter { probabilities[$0] >= Double(exclude.threshold) }
      for id in top.dropLast() { probabilities[id] = 0 }
      keep { _ in true }
    }
    return probabilities
  }

  private mutating func softmax(temperature: Double) {
    let most = logits.max() ?? 0
    probabilities = logits.map { exp(($0 - most) / temperature) }
    keep { _ in true }
  }

  /// Ids that are left, most likely first.
  private var byLikelihood: [Int] {
    left.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }
  }

  private var byTypicality: [Int] {
    let entropy = left.reduce(0) { $0 - probabilities[$1] * log(probabilities[$1]) }
    let distance = left.map { (abs(-log(probabilities[$0]) - entropy), $0) }
    return distance.sorted { $0 < $1 }.map(\.1)
  }

  private var left: [Int] { probabilities.indices.filter { probabilities[$0] > 0 } }

  /// Keeps the beginning of an order for as long as `goesOn` (entries kept, their mass).
  private mutating func keep(prefixOf order: [Int], while goesOn: (Int, Double) -> Bool) {
    var kept: Set<Int> = []
    var mass = 0.0
    for id in order where goesOn(kept.count, mass) {
      kept.insert(id)
      mass += probabilities[id]
    }
    for id in probabilities.indices where !kept.contains(id) { probabilities[id] = 0 }
    keep { _ in true }
  }

  private mutating func keep(_ isKept: (Double) -> Bool) {
    for id in probabilities.indices where !isKept(probabilities[id]) { probabilities[id] = 0 }
    let mass = probabilities.reduce(0, +)
    probabilities = probabilities.map { $0 / mass }
  }
}
