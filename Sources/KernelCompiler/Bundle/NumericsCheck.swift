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

  /// Runs one library over the prompts and measures it; refuses one that is broken.
  func divergence(of runner: LibraryRunner, name: String) throws -> BundleManifest.Divergence {
    let vocabulary = runner.vocabulary
    var meter = DivergenceMeter()
    for (prompt, tokens) in reference.tokens.enumerated() {
      let rows = tokens.enumerated().map { StepDriver.Row(token: $1, position: $0) }
      // Of the first prompt all are needed, to be compared with what the tokens give one by one.
      let wanted = prompt == 0 ? Array(rows.indices) : reference.positions
      let logits = Array(runner.driver.step(rows, wanted: wanted))
      for (position, expected) in zip(reference.positions, reference.logits[prompt]) {
        guard let index = wanted.firstIndex(of: position) else { continue }
        let row = logits[index * vocabulary..<(index + 1) * vocabulary]
        guard row.allSatisfy(\.isFinite) else {
          throw CompilerError("\(name): the logits of token \(position) are not finite numbers")
        }
        meter.add(row, reference: expected[...])
      }
      if prompt == 0 { try checkDecode(runner, tokens, prefilled: logits, name: name) }
    }
    return meter.result(prompts: reference.tokens.count)
  }

  /// One token at a time must give the very bits that the whole prompt gave.
  private func checkDecode(
    _ runner: LibraryRunner, _ tokens: [Int32], prefilled: [Float], name: String
  ) throws {
    let vocabulary = runner.vocabulary
    for (position, token) in tokens.enumerated() {
      let row = StepDriver.Row(token: token, position: position)
      let logits = runner.driver.step([row], wanted: [0])
      let expected = prefilled[position * vocabulary..<(position + 1) * vocabulary]
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
