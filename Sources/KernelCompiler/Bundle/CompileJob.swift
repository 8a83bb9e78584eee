import ModelFiles
import ModelGraph

/// What is to be compiled: the graph, and C for every target.
struct CompileJob: Sendable {
  let model: ModelDirectory
  let graph: Graph
  let toolchain: Toolchain
  let numerics: Numerics
  let cacheType: CacheType
  var targets: [Target]
  let sources: [CompiledSource]
  /// This machine, as a target.
  let native: Target
  /// Makes what else belongs into the bundle.
  var companions: BundleCompanions = { _ in [] }

  init(
    model: ModelDirectory, targets: [Target], numerics: Numerics, cacheType: CacheType? = nil,
    progress: CompileProgress
  ) throws {
    guard !targets.isEmpty else { throw CompilerError("there is no target to compile for") }
    progress(.generate, 0)
    self.model = model
    self.numerics = numerics
    self.cacheType = try CacheType.chosen(cacheType, numerics)
    self.targets = targets
    toolchain = try Toolchain.find(for: targets)
    // The keys of the libraries will ask for it.
    let macros = BackgroundJob { [toolchain] in
      for target in targets {
        _ = try toolchain.predefinedMacros(flags: CompiledSource.flags(for: target))
      }
    }
    graph = try buildGraph(model)
    native = try toolchain.target(named: Target.defaultName)
    sources = try targets.map { [graph, cacheType = self.cacheType] in
      try generateSource(graph, target: $0, numerics: numerics, cacheType: cacheType)
    }
    try macros.wait()
    progress(.generate, 1)
  }
}
