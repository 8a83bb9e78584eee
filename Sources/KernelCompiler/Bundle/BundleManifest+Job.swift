import Machine
import ModelABI
import ModelFiles

extension BundleManifest {
  /// All that is known before anything was compiled or measured.
  init(job: CompileJob) throws {
    let plan = job.sources[0].plan
    try self.init(
      abiVersion: Int(MODEL_ABI_VERSION), modelType: job.graph.modelType,
      signature: plan.signature, numerics: job.numerics.rawValue,
      cacheType: job.cacheType.rawValue,
      targets: zip(job.targets, job.sources).map { target, source in
        Target(
          name: target.name, library: BundleWriter.library(of: target),
          cpuFeatures: target.cpuFeatures, compiler: job.toolchain.name,
          buildKey: try job.toolchain.buildKey(source: source, target: target))
      },
      sizes: Sizes(
        weightsBytes: plan.weightsBytes, pageBytes: plan.pageBytes,
        pagePositions: plan.pagePositions, maximumRows: plan.maximumRows,
        scratchBytes: Self.scratch(job.sources)),
      kernels: plan.kernels.map(KernelCost.init))
  }

  /// By number of threads, the most that any of the libraries needs.
  private static func scratch(_ sources: [CompiledSource]) -> [Int: Int] {
    let threads = Set([1, 2, 4, 8, 16, 32, 64, availableThreads()])
    return Dictionary(
      uniqueKeysWithValues: threads.map { count in
        (count, sources.map { $0.plan.scratchBytes(threads: count) }.max() ?? 0)
      })
  }
}

extension BundleManifest.KernelCost {
  fileprivate init(_ cost: KernelCost) {
    self.init(
      name: cost.name, calls: cost.calls, wantedCalls: cost.wantedCalls,
      weightBytes: cost.weightBytes,
      operationsPerRow: cost.operationsPerRow,
      int8OperationsPerRow: cost.int8OperationsPerRow,
      bf16OperationsPerRow: cost.bf16OperationsPerRow,
      pageBytesPerPosition: cost.pageBytesPerPosition,
      operationsPerPosition: cost.operationsPerPosition,
      int16OperationsPerPosition: cost.int16OperationsPerPosition)
  }
}
