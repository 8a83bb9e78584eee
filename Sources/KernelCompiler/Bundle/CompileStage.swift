/// What a compile is doing, for those who watch it. `compile` and `pack` go on side by side.
public enum CompileStage: String, Sendable, CaseIterable {
  case generate = "writing C"
  case compile = "compiling"
  case pack = "packing weights"
  case check = "checking numerics"
  case finish = "writing the bundle"
}

/// Hears the finished share of a stage, 0 to 1, from any thread.
public typealias CompileProgress = @Sendable (CompileStage, Double) -> Void
