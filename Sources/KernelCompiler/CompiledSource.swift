import ModelGraph

/// How activations are multiplied.
public enum Numerics: String, Sendable, CaseIterable {
  /// int8 activations per weight group where weights are quantised; bfloat16 ones where weights
  /// are bfloat16 and the CPU multiplies that.
  case fast
  /// float32 activations throughout.
  case exact
}

/// A model as C: everything clang needs, and the plan it was written from.
public struct CompiledSource: Sendable {
  /// What to compile (`.c`) and what that includes (`.h`), by name in one folder.
  public let files: [(name: String, text: String)]
  public let plan: Plan

  /// Names of the files that are compiled, each by itself.
  public var units: [String] { files.map(\.name).filter { $0.hasSuffix(".c") } }

  /// What the source relies on, for every target. A product and a sum become one operation only
  /// where the source says so, which makes all targets agree to the bit. Vectors of 64 bytes are
  /// passed between inlined functions only, so how they would be passed elsewhere doesn't matter.
  /// With -O2, clang leaves the products' inner loops rolled up and a token takes twice as long.
  /// `__SCE__` makes clang's immintrin.h include only the headers of what the target has, which
  /// saves a fifth of a second for each file.
  public var compilerFlags: [String] { Self.compilerFlags }

  /// `compilerFlags` with those of a target.
  static func flags(for target: Target) -> [String] { compilerFlags + target.compilerFlags }

  static let compilerFlags =
    [
      "-std=c11", "-O3", "-Wall", "-Wextra", "-Wno-psabi", "-ffp-contract=off", "-fno-math-errno",
      "-fno-trapping-math", "-D__SCE__",
    ]
}
