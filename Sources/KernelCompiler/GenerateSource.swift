import ModelGraph

/// Compiles a graph to C for one kind of CPU. Pure: the same graph gives the same text.
public func generateSource(
  _ graph: Graph, target: Target, numerics: Numerics, cacheType: CacheType? = nil
) throws -> CompiledSource {
  let plan = try plan(graph, target: target, numerics: numerics, cacheType: cacheType)
  return CompiledSource(files: writeSource(plan, try TemplateLibrary.current()), plan: plan)
}
