import ArgumentParser
import Chat
import Foundation
import JSON
import KernelCompiler
import Machine
import ModelFiles
import Runtime

/// Measures a compiled model, alone or side by side with another.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures speed, memory and numerics, side by side with the generic backend.",
    discussion: """
      Every round measures the machine's read bandwidth and arithmetic peaks first and then \
      each side in turn, so that what else the machine does falls on all of them alike. \
      Figures are medians of the rounds, with the smallest and the largest in brackets. For \
      each kernel follow what it reads and computes, the least time that this takes at the \
      measured limits, the time it took, and the share. A model's folder is compiled into \
      the cache.

        mlx-compile bench Qwen3-0.6B-4bit --against generic
        mlx-compile bench fast.mlxbundle --against exact.mlxbundle --threads 1
        mlx-compile bench Qwen3-0.6B-4bit --prompt 4k --generate 32 --json
        mlx-compile bench fast.mlxbundle --store
      """)

  @Argument(help: "A bundle, a model folder, or a hub id.")
  var model: String

  @Option(
    help: ArgumentHelp(
      "What to compare with: generic (needs a model folder), or another bundle or model.",
      valueName: "generic|bundle|model"))
  var against: String?

  @Option(parsing: .unconditional, help: "Tokens of the prompt; 4k means 4096.")
  var prompt = Count(512)

  @Option(parsing: .unconditional, help: "Tokens to generate after it.")
  var generate = Count(128)

  @Option(
    parsing: .unconditional,
    help: "Positions before the first generated token (default: the prompt's).")
  var depth: Count?

  @Option(parsing: .unconditional, help: "Sequences to generate at once.")
  var batch = Count(1)

  @Option(
    parsing: .unconditional, help: "Threads (default: the cores this process may use).")
  var threads: Int?

  @Option(parsing: .unconditional, help: "How often to measure.")
  var rounds = Count(5)

  @Option(help: numericsHelp)
  var numerics: Numerics?

  @Flag(help: "Keep what was measured in the bundle's manifest, where inspect shows it.")
  var store = false

  @Option(help: cacheTypeHelp)
  var cacheType: CacheType?

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    _ = try CacheType.chosen(cacheType, numerics ?? .fast)
    try check(prompt.value, in: 1...Count.positionsAtMost, "--prompt")
    try check(generate.value, in: 1...Count.positionsAtMost, "--generate")
    try check(depth?.value ?? 0, in: 0...Count.positionsAtMost, "--depth")
    try check(batch.value, in: 1...256, "--batch")
    try check(rounds.value, in: 1...1000, "--rounds")
    try check(threads ?? 1, in: 1...1024, "--threads")
  }

  func run() throws {
    #if DEBUG
      FileHandle.standardError.write(Data("built without optimisation: figures mean little\n".utf8))
    #endif
    prepareOpenMP()
    let threads = threads ?? availableThreads()
    let workload = Workload(
      prompt: prompt.value, generate: generate.value, depth: depth?.value ?? prompt.value,
      batch: batch.value, threads: threads)
    let progress = ProgressLine()
    defer { progress.end() }
    let contestants = try contestants(workload, progress)
    let comparison =
      contestants.count > 1 ? Agreement(of: contestants[0], with: contestants[1]) : nil
    var roofline = Roofline(target: contestants[0].target, threads: threads)
    for round in 0..<rounds.value {
      roofline.measure()
      for contestant in contestants {
        progress.show(
          "round \(round + 1) of \(rounds.value): \(contestant.name)",
          Double(round) / Double(rounds.value))
        contestant.measure(workload)
      }
    }
    progress.end()
    let report = BenchReport(
      workload: workload, roofline: roofline, contestants: contestants,
      agreement: comparison)
    print(json ? report.json.text(style: .indented) : report.text)
    if store, let speed = report.speed, let bundle = contestants[0].bundle {
      try storeSpeed(speed, in: bundle)
    }
  }

  private func contestants(_ workload: Workload, _ progress: ProgressLine) throws -> [Contestant] {
    let location = try ModelLocation.resolve(model)
    if case .bundle(let path) = location {
      try Numerics.check(numerics, ModelBundle(path: path))
    }
    let first = try compiled(location, workload, progress, stores: store)
    guard let against else { return [first] }
    if against != "generic" {
      return [first, try compiled(ModelLocation.resolve(against), workload, progress)]
    }
    guard case .directory(let path) = location else {
      throw ValidationError(
        "the generic backend runs the original weights, which a bundle doesn't hold; give the "
          + "model's folder instead of \(model).")
    }
    let generic = try Contestant(name: "generic", numerics: "float32", workload: workload) {
      try GenericLanguageModel(directory: ModelDirectory(path: path), threads: workload.threads) {
        progress.show("loading for the generic backend", $0)
      }
    }
    return [first, generic]
  }

  private func compiled(
    _ location: ModelLocation, _ workload: Workload, _ progress: ProgressLine, stores: Bool = false
  ) throws -> Contestant {
    var bundle =
      switch location {
      case .bundle(let path): try ModelBundle(path: path)
      case .directory(let path):
        try CompileCache.bundle(
          for: ModelDirectory(path: path), numerics: numerics ?? .fast, cacheType: cacheType,
          companions: { bundleCompanions(directory: $0).files }, progress: progress.compiling)
      }
    try CacheType.check(cacheType, bundle)
    if stores {
      let target = try bundle.bestTarget(for: .ofThisMachine)
      bundle = try storeStepCost(of: target, threads: workload.threads, in: bundle)
    }
    return try Contestant(bundle: bundle, workload: workload)
  }
}
