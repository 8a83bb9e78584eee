import Foundation
import Machine
import ModelFiles

/// What running one library of a bundle showed.
public struct VerificationResult: Sendable {
  public let target: String
  public let outcome: Outcome

  public enum Outcome: Sendable {
    /// Compared with the exact logits that the bundle holds.
    case measured(BundleManifest.Divergence)
    /// This CPU lacks these features.
    case skipped(missing: [String])
  }
}

/// Runs every library of a bundle that this CPU can run on the bundle's prompts; throws where one
/// is further from the exact logits than its numerics allow.
public func verifyNumerics(of bundle: ModelBundle) throws -> [VerificationResult] {
  guard let numerics = Numerics(rawValue: bundle.manifest.numerics) else {
    throw CompilerError("\(bundle.path): numerics \(bundle.manifest.numerics) are unknown")
  }
  return try bundle.manifest.targets.map { target in
    let missing = ProcessorFeatures.ofThisMachine.missing(from: target.cpuFeatures)
    guard missing.isEmpty else {
      return VerificationResult(target: target.name, outcome: .skipped(missing: missing))
    }
    let set = try VerificationSet(path: bundle.path(of: VerificationSet.fileName))
    let runner = try LibraryRunner(
      library: bundle.libraryPath(for: target), weights: bundle.weightsPath,
      threads: availableThreads(), sequences: set.tokens.count, positions: set.length)
    try set.check(vocabulary: runner.vocabulary)
    let divergence = try NumericsCheck(reference: set).divergence(
      of: runner, name: "target \(target.name)")
    try NumericsCheck.checkBound(divergence, numerics: numerics)
    return VerificationResult(target: target.name, outcome: .measured(divergence))
  }
}
