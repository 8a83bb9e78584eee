import Foundation
import ModelFiles

/// Compares compiled libraries with exact mathematics before anyone relies on them.
struct NumericsCheck {
  let reference: VerificationSet

  /// Mean divergence, in nats, above which a library is refused. Fast answers would be noticeably
  /// worse than the model's own; exact ones differ by rounding alone.
  static func bound(_ numerics: Numerics) -> Double {
    switch numerics {
    case .fast: 0.1
    case .exact: 1e-4
    }
  }

  /// Runs one library over the prompts, each a sequence of the runner's, and measures it; refuses one
  /// that is broken.
  func divergence(of runner: LibraryRunner, name: String) throws -> BundleManifest.Divergence {
    let vocabulary = runner.vocabulary
    var meter = DivergenceMeter()
    let together = max(1, runner.driver.sizes.maximumRows / reference.length)
    for first in stride(from: 0, to: reference.tokens.count, by: together) {
      let prompts = first..<min(first + together, reference.tokens.count)
      let logits = Array(prefill(prompts, runner))
      let rows = prompts.flatMap { reference.logits[$0] }
      let positions = concurrentMap(Array(rows.enumerated())) { index, expected in
        let row = logits[index * vocabulary..<(index + 1) * vocabulary]
        return row.allSatisfy(\.isFinite)
          ? DivergenceMeter.Position(row, reference: expected[...]) : nil
      }
      for (index, position) in positions.enumerated() {
        guard let position else {
          let place = reference.positions[index % reference.positions.count]
          throw CompilerError("\(name): the logits of token \(place) are not finite numbers")
        }
        meter.add(position)
      }
      if first == 0 { try checkDecode(runner, prefilled: logits, name: name) }
    }
    return meter.result(prompts: reference.tokens.count)
  }

  /// The logits of some prompts at the reference's positions, all in one step.
  private func prefill(
    _ prompts: Range<Int>, _ runner: LibraryRunner
  ) -> UnsafeBufferPointer<Float> {  // (prompts, positions, vocabulary)
    let rows = prompts.flatMap { prompt in
      reference.tokens[prompt].enumerated().map { position, token in
        StepDriver.Row(token: token, position: position, sequence: prompt)
      }
    }
    let wanted = prompts.indices.flatMap { _ in reference.positions }.enumerated().map {
      $0.offset / reference.positions.count * reference.length + $0.element
    }
    return runner.driver.step(rows, wanted: wanted)
  }

  /// A token of the first prompt alone must give the very bits that it gave together with all others.
  private func checkDecode(
    _ runner: LibraryRunner, prefilled: [Float], name: String
  ) throws {
    let vocabulary = runner.vocabulary
    for (index, position) in reference.positions.enumerated() {
      let row = StepDriver.Row(token: reference.tokens[0][position], position: position)
      let logits = runner.driver.step([row], wanted: [0])
      let expected = prefilled[index * vocabulary..<(index + 1) * vocabulary]
      guard zip(logits, expected).allSatisfy({ $0.bitPattern == $1.bitPattern }) else {
        throw CompilerError(
          "\(name): token \(position) has other logits alone than together with the ones before "
            + "it; the compiler may be broken, try another one with \(Toolchain.overrideVariable)")
      }
    }
  }

  static func checkBound(_ divergence: BundleManifest.Divergence, numerics: Numerics) throws {
    let bound = bound(numerics)
    guard !(divergence.meanKL <= bound) else { return }
    let mean = String(format: "%.4f", divergence.meanKL)
    let agreement = String(format: "%.0f%%", divergence.top1Agreement * 100)
    let advice =
      switch numerics {
      case .fast: "compile with --numerics exact"
      case .exact: "the compiler may be broken, try another one with \(Toolchain.overrideVariable)"
      }
    throw CompilerError(
      "numerics \(numerics.rawValue) diverge from exact mathematics by \(mean) nats on average "
        + "(bound \(bound); \(agreement) of the top tokens agree); \(advice)")
  }
}
