import ArgumentParser
import KernelCompiler
import ModelFiles

/// Checks that a bundle is whole and computes what it did when it was made.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks a bundle's files and its answers on this machine.",
    discussion: """
      Compares every file with the manifest's SHA-256, then runs every library that this \
      CPU can run on the prompts in verify.safetensors and compares the logits with the \
      exact ones there.

        mlx-compile verify Qwen3-0.6B-4bit.mlxbundle
      """)

  @Argument(help: "A bundle.")
  var bundle: String

  func run() throws {
    guard case .bundle(let path) = try ModelLocation.resolve(bundle) else {
      throw ValidationError("\(bundle) is a model, not a bundle; compile it first.")
    }
    let progress = ProgressLine()
    defer { progress.end() }
    let bundle = try ModelBundle(path: path)
    try bundle.verifyHashes { progress.show("reading files", $0) }
    let results = try verifyNumerics(of: bundle)
    progress.end()
    print("\(bundle.manifest.files.count) files are as the manifest states")
    for result in results {
      switch result.outcome {
      case .measured(let divergence): print("\(result.target): \(divergenceText(divergence))")
      case .skipped(let missing):
        print("\(result.target): not run, this CPU lacks \(missing.joined(separator: ", "))")
      }
    }
    guard results.contains(where: \.wasRun) else {
      throw CompilerError("\(path): no answers were checked: \(BundleManifest.noTargetAdvice)")
    }
  }
}

extension VerificationResult {
  fileprivate var wasRun: Bool {
    if case .measured = outcome { true } else { false }
  }
}

extension BundleManifest {
  /// What to do with a bundle that was made for other CPUs.
  static let noTargetAdvice =
    "none of its libraries runs on this CPU; compile the model on this machine, or elsewhere with a "
    + "--target that this CPU has"
}
