import ModelGraph

/// How activations are multiplied.
public enum Numerics: String, Sendable, CaseIterable {
  /// int8 activations per weight group where weights are quantised.
  case fast
  /// float32 activations throughout.
  case exact
}

/// A model as C: everything clang needs, and the plan it was written from.
public struct CompiledSource: Sendable {
  /// What to compile (`.c`) and what that includes (`.h`), by name in one folder.
  public let files: [(name: String, text: String)]
  public let plan: Plan

  /// What the source relies on, for every target. A product and a sum become one operation only
  /// where the source says so, which makes all targets agree to the bit. Vectors of 64 bytes are
  /// passed between inlined functions only, so how they would be passed elsewhere doesn't matter.
  /// With -O2, clang leaves the products' inner loops rolled up and a token takes twice as long.
  public var compilerFlags: [String] { Self.compilerFlags }

  static let compilerFlags =
    [
      "-std=c11", "-O3", "-Wall", "-Wextra", "-Wno-psabi", "-ffp-contract=off", "-fno-math-errno",
      "-fno-trapping-math",
    ]
}
