import Foundation
import Machine
import ModelABI
import ModelFiles
import ModelGraph
import Synchronization

/// Compiles a model into a bundle: a library for each target, weights packed for them, the files
/// that a server needs besides, and the measured numerics.
///
/// The bundle stands at `output` whole or not at all; one that is there already is replaced, and
/// its packed weights are used again where they fit.
public func compileBundle(
  model: ModelDirectory, targets: [Target], numerics: Numerics, cacheType: CacheType? = nil,
  output: String,
  companions: @escaping BundleCompanions = { _ in [] },
  progress: @escaping CompileProgress = { _, _ in }
) throws -> ModelBundle {
  let place = try BundlePlace(path: output)
  var job = try CompileJob(
    model: model, targets: targets, numerics: numerics, cacheType: cacheType, progress: progress)
  job.companions = companions
  return try place.fill(with: job, reusing: [place.path], progress: progress)
}

/// Makes files of a bundle that other layers know how to make, such as the tokenizer's table, from
/// the model's directory. Runs on a thread of its own.
public typealias BundleCompanions =
  @Sendable (_ directory: String) throws -> [(name: String, bytes: [UInt8])]

extension BundlePlace {
  /// Compiles into a folder of another name, and gives it its name when it is complete. Packed
  /// weights are taken from the first bundle at `reusing` that has the same.
  func fill(
    with job: CompileJob, reusing: [String], progress: @escaping CompileProgress
  ) throws -> ModelBundle {
    try TemporaryFolder(in: parent, name: name).use { folder in
      try BundleWriter(job: job, folder: folder, reusable: reusing, progress: progress).write()
      try receive(folder)
    }
    progress(.finish, 1)
    return try ModelBundle(path: path)
  }
}

/// Fills a folder with one bundle.
struct BundleWriter: Sendable {
  let job: CompileJob
  let folder: String
  /// Bundles whose packed weights may be used again.
  let reusable: [String]
  let progress: CompileProgress

  func write() throws {
    for name in ["lib", "source"] { try makeFolder("\(folder)/\(name)") }
    try writeSources()
    let checker = try BundleChecker(job: job, bundle: folder, builds: builds)
    let parts = Mutex(BundleParts())
    try inParallel([
      { try compileLibraries(builds) },
      { try makeParts(for: checker, parts) },
      { try copyModelFiles() },
    ])
    let made = parts.withLock { $0 }
    let divergence = try checker.check(reference: made.reference) { progress(.check, $0) }
    try writeManifest(made, divergence, stepCost: checker.stepCost())
  }

  /// Packs the weights, or takes them and the reference from a bundle that has the same; compiles
  /// what the check needs besides.
  private func makeParts(for checker: BundleChecker, _ parts: borrowing Mutex<BundleParts>) throws {
    let packer = WeightPacker(graph: job.graph, plan: job.sources[0].plan)
    let weights = try PackedWeights(model: job.model, packer: packer)
    let path = "\(folder)/\(ModelBundle.weightsName)"
    let made = BundleParts(
      packingKey: weights.key, reusedWeights: weights.reuse(from: reusable, at: path),
      reference: checker.reference(from: reusable, packingKey: weights.key))
    parts.withLock { $0 = made }
    var jobs: [@Sendable () throws -> Void] = [
      { try compile(checker.extraBuilds(reference: made.reference)) { _ in } }
    ]
    if made.reusedWeights == nil {
      jobs.append {
        progress(.pack, 0)
        try packer.write(to: path, threads: availableThreads()) { progress(.pack, $0) }
      }
    }
    try inParallel(jobs)
    progress(.pack, 1)
  }

  private func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// source/: graph.txt, and for each target the C and the plan that it was written from.
  private func writeSources() throws {
    try write(printGraph(job.graph), "source/graph.txt")
    for (target, source) in zip(job.targets, job.sources) {
      try makeFolder("\(folder)/source/\(target.name)")
      try write(printPlan(source.plan), "source/\(target.name)/plan.txt")
      for file in source.files { try write(file.text, "source/\(target.name)/\(file.name)") }
    }
  }

  private func write(_ text: String, _ name: String) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
  }

  static func library(of target: Target) -> String { "lib/\(target.name).so" }

  /// The libraries of the bundle.
  private var builds: [LibraryBuild] {
    zip(job.targets, job.sources).map { target, source in
      LibraryBuild(
        source: source, target: target, path: "\(folder)/\(Self.library(of: target))")
    }
  }

  private func compileLibraries(_ builds: [LibraryBuild]) throws {
    progress(.compile, 0)
    try compile(builds) { progress(.compile, $0) }
  }

  private func compile(
    _ builds: [LibraryBuild], told: @escaping @Sendable (Double) -> Void
  ) throws {
    let done = Counter()
    try inParallel(
      builds.map { build in
        {
          try job.toolchain.compile(source: build.source, target: build.target, to: build.path)
          told(Double(done.increment()) / Double(builds.count))
        }
      })
  }

  /// Everything of the model but its weights: tokenizer, templates, configuration, licence.
  private func copyModelFiles() throws {
    let folders = ["", "additional_chat_templates"]
    for inner in folders {
      let source = inner.isEmpty ? job.model.path : "\(job.model.path)/\(inner)"
      let target = inner.isEmpty ? folder : "\(folder)/\(inner)"
      for name in try ModelFileCopies.names(in: source) {
        try makeFolder(target)
        try ModelFileCopies.copy("\(source)/\(name)", to: "\(target)/\(name)")
      }
    }
    for (name, bytes) in try job.companions(job.model.path) {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
  }

  private func writeManifest(
    _ made: BundleParts, _ divergence: BundleManifest.Divergence?,
    stepCost: BundleManifest.StepCost?
  ) throws {
    progress(.finish, 0)
    var manifest = BundleManifest(job: job)
    manifest.packingKey = made.packingKey
    manifest.divergence = divergence
    manifest.stepCost = stepCost
    manifest.files = try BundleFiles(folder: folder).hashed(
      known: [made.reusedWeights].compactMap { $0 }
    ) { progress(.finish, $0 * 0.9) }
    try write(manifest.json.text(style: .indented) + "\n", ModelBundle.manifestName)
    try BundleFiles(folder: folder).synchronize()
  }
}

/// What is made, or found in an older bundle, before libraries can be checked.
private struct BundleParts: Sendable {
  var packingKey: String?
  /// What the older bundle's manifest says of them.
  var reusedWeights: BundleManifest.File?
  var reference: VerificationSet?
}

/// One library to compile.
struct LibraryBuild: Sendable {
  let source: CompiledSource
  let target: Target
  let path: String
}

extension BundleManifest {
  fileprivate init(job: CompileJob) {
    let plan = job.sources[0].plan
    self.init(
      abiVersion: Int(MODEL_ABI_VERSION), modelType: job.graph.modelType,
      signature: plan.signature, numerics: job.numerics.rawValue,
      cacheType: job.cacheType.rawValue,
      targets: job.targets.map {
        Target(
          name: $0.name, library: BundleWriter.library(of: $0), cpuFeatures: $0.cpuFeatures,
          compiler: job.toolchain.name)
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
      name: cost.name, calls: cost.calls, weightBytes: cost.weightBytes,
      operationsPerRow: cost.operationsPerRow,
      int8OperationsPerRow: cost.int8OperationsPerRow,
      pageBytesPerPosition: cost.pageBytesPerPosition,
      operationsPerPosition: cost.operationsPerPosition)
  }
}
