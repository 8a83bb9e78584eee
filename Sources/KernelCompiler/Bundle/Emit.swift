import ModelFiles
import ModelGraph

/// The stages on the way from a model to a library, for those who want to read them.

/// The model's graph as text.
public func graphText(_ model: ModelDirectory) throws -> String {
  printGraph(try buildGraph(model))
}

/// The C that a model becomes, and its plan.
public func compiledSource(
  of model: ModelDirectory, target: Target, numerics: Numerics, cacheType: CacheType? = nil
) throws -> CompiledSource {
  try generateSource(buildGraph(model), target: target, numerics: numerics, cacheType: cacheType)
}
