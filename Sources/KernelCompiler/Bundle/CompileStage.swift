/// What a compile is doing, for those who watch it. Some stages go on side by side.
public enum CompileStage: String, Sendable, CaseIterable {
  case generate = "writing C"
  case compile = "compiling"
  case hash = "hashing the model's weights"
  case pack = "packing weights"
  case reference = "computing exact answers"
  case check = "checking numerics"
  case time = "timing steps"
  case finish = "writing the bundle"
  case measure = "measuring speed"
}

/// Hears the finished share of a stage, 0 to 1, from any thread: 0 when it begins, 1 when it ends.
public typealias CompileProgress = @Sendable (CompileStage, Double) -> Void
