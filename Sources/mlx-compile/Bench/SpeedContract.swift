import KernelCompiler
import Machine
import ModelFiles
import Runtime

/// What a bundle stores of a benchmark: limits, predictions and times of its kernels.
extension BenchReport {
  /// Of the first contestant; nil where it isn't compiled.
  var speed: BundleManifest.Speed? {
    guard let contestant = contestants.first, let model = contestant.model as? CompiledModel,
      let generation = kernelTable(.generation), let prompt = kernelTable(.prompt)
    else { return nil }
    return BundleManifest.Speed(
      target: model.target, threads: workload.threads,
      readBytesPerSecond: roofline.bandwidth.median,
      int8OperationsPerSecond: roofline.int8Operations.median,
      floatOperationsPerSecond: roofline.floatOperations.median,
      int16OperationsPerSecond: roofline.int16Operations.median,
      bf16OperationsPerSecond: roofline.bf16Operations?.median,
      generation: .init(
        tokens: workload.batch, depth: workload.depth,
        tokensPerSecond: Samples(contestant.generationRates).median, kernels: generation.times),
      prompt: .init(
        tokens: workload.prompt, depth: 0,
        tokensPerSecond: Samples(contestant.promptRates).median, kernels: prompt.times))
  }
}

extension KernelTable {
  fileprivate var times: [BundleManifest.Speed.KernelTime] {
    rows.map { .init(name: $0.name, predicted: $0.predicted, achieved: $0.achieved) }
  }
}

extension Workload {
  /// Enough rows for whole tiles; enough steps for a median, few enough for billions of weights; all
  /// of it within the model's context.
  fileprivate static func short(for model: CompiledModel) -> Workload {
    let generate = min(8, model.contextLimit)
    return Workload(
      prompt: min(32, model.maximumRows, model.contextLimit), generate: generate,
      depth: min(32, model.contextLimit - generate), batch: 1, threads: availableThreads(),
      roundLimit: .milliseconds(300))
  }
}

/// Measures a new bundle for a moment, as long as a compile may take for that, and stores what it
/// found; a bundle for other machines stays as it is.
func storeShortMeasurement(of bundle: ModelBundle, _ peak: PeakInAdvance) throws -> ModelBundle {
  #if DEBUG
    return bundle  // measuring loops that aren't optimised tell nothing, and take long for it
  #else
    return try measureShortly(bundle, peak)
  #endif
}

private func measureShortly(
  _ bundle: ModelBundle, _ peak: PeakInAdvance
) throws -> ModelBundle {
  let features = ProcessorFeatures.ofThisMachine
  guard
    bundle.manifest.targets.contains(where: { features.missing(from: $0.cpuFeatures).isEmpty })
  else { return bundle }
  let model = try CompiledModel(bundle: bundle, threads: availableThreads())
  let workload = Workload.short(for: model)
  let contestant = try Contestant(bundle: bundle, workload: workload)
  var roofline = Roofline(
    target: contestant.target, threads: workload.threads, memoryBytes: 256 << 20,
    peak: peak.peak(of: contestant.target))
  roofline.measure()
  contestant.measure(workload)
  let report = BenchReport(
    workload: workload, roofline: roofline, contestants: [contestant], agreement: nil)
  return try report.speed.map { try storeSpeed($0, in: bundle) } ?? bundle
}
