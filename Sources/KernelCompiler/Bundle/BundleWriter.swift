import Foundation
import Machine
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
  /// Compiles into a folder of another name, and gives it its name when it is complete. What
  /// is still right of a bundle at `reusing` is taken over.
  func fill(
    with job: CompileJob, reusing: [String], progress: @escaping CompileProgress
  ) throws -> ModelBundle {
    do {
      try TemporaryFolder(in: parent, name: name).use { folder in
        try BundleWriter(job: job, folder: folder, reusable: reusing, progress: progress).write()
        try receive(folder)
      }
    } catch let error as CocoaError {
      throw CompilerError(error)
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
    let manifest = try BundleManifest(job: job)
    let checker = try BundleChecker(job: job, bundle: folder, builds: builds)
    let earlier = earlier(signature: manifest.signature)
    let parts = Mutex(BundleParts())
    var jobs: [@Sendable () throws -> Void] = [
      { try provideLibraries(manifest.targets, from: earlier) },
      { try provideWeights(for: manifest, checker, from: earlier, parts) },
      { try copyModelFiles() },
    ]
    // With an earlier bundle it must be seen first whether its measurements can be taken over.
    if earlier == nil { jobs.append { try compileExtra(checker, reference: nil) } }
    try inParallel(jobs)
    try finish(manifest, checker, parts.withLock { $0 })
  }

  /// The earlier bundle to take things over from: one of a model with the same shapes, if any.
  private func earlier(signature: String) -> EarlierBundle? {
    let bundles = reusable.compactMap(EarlierBundle.init)
    return bundles.first { $0.mayShareWeights(signature: signature) } ?? bundles.first
  }

  private func provideLibraries(
    _ targets: [BundleManifest.Target], from earlier: EarlierBundle?
  ) throws {
    let missing = zip(builds, targets).filter { build, target in
      guard let key = target.buildKey else { return true }
      return earlier?.shareLibrary(buildKey: key, to: build.path) == nil
    }.map(\.0)
    guard !missing.isEmpty else { return }
    progress(.compile, 0)
    try compile(missing) { progress(.compile, $0) }
  }

  /// Takes the weights, the reference and the measurements from an earlier bundle with the same
  /// weights, or packs them and compiles what the check needs besides.
  private func provideWeights(
    for manifest: BundleManifest, _ checker: BundleChecker, from earlier: EarlierBundle?,
    _ parts: borrowing Mutex<BundleParts>
  ) throws {
    let packer = WeightPacker(graph: job.graph, plan: job.sources[0].plan)
    let path = "\(folder)/\(ModelBundle.weightsName)"
    let found = Mutex(BundleParts())
    // Both read as much.
    try inParallel([
      {
        progress(.hash, 0)
        let key = try packingKey(of: job.model, packer: packer)
        found.withLock { $0.packingKey = key }
        progress(.hash, 1)
      },
      {
        let file = earlier?.share(ModelBundle.weightsName, to: path)
        found.withLock { $0.weights = file }
      },
    ])
    var made = found.withLock { $0 }
    let same = earlier.flatMap { $0.sharesWeights(packingKey: made.packingKey) ? $0 : nil }
    let sameGraph = same.flatMap { $0.hasGraph(printGraph(job.graph)) ? $0 : nil }
    made.reference = sameGraph.flatMap(checker.reference)
    if made.reference != nil { made.measurements = same?.measurements(for: manifest) }
    if same == nil { made.weights = nil }
    let needed = made
    var jobs: [@Sendable () throws -> Void] = []
    if earlier != nil, made.measurements == nil {
      jobs.append { try compileExtra(checker, reference: needed.reference) }
    }
    if made.weights == nil {
      jobs.append {
        let file = try pack(packer, to: path)
        // The check need not wait for the disk.
        let written = BackgroundJob { try BundleFiles.synchronize(path) }
        found.withLock { ($0.weights, $0.weightsWritten) = (file, written) }
      }
    }
    try inParallel(jobs)
    made.weights = made.weights ?? found.withLock { $0.weights }
    made.weightsWritten = found.withLock { $0.weightsWritten }
    let all = made
    parts.withLock { $0 = all }
  }

  private func pack(_ packer: WeightPacker, to path: String) throws -> BundleManifest.File {
    progress(.pack, 0)
    try refuseDamagedWeights(of: job.graph)
    // What is there may be the earlier bundle's, too.
    try? FileManager.default.removeItem(atPath: path)
    try packer.write(to: path, threads: availableThreads()) { progress(.pack, $0 * 0.8) }
    let file = try BundleFiles(folder: folder).hashed(ModelBundle.weightsName) {
      progress(.pack, 0.8 + 0.2 * Double($0) / Double(max(packer.totalBytes, 1)))
    }
    progress(.pack, 1)
    return file
  }

  private func compileExtra(_ checker: BundleChecker, reference: VerificationSet?) throws {
    try compile(checker.extraBuilds(reference: reference)) { _ in }
  }

  private func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// source/: graph.txt, and for each target the C and the plan that it was written from.
  private func writeSources() throws {
    try write(printGraph(job.graph), Self.graphName)
    for (target, source) in zip(job.targets, job.sources) {
      try makeFolder("\(folder)/source/\(target.name)")
      try write(printPlan(source.plan), "source/\(target.name)/plan.txt")
      for file in source.files { try write(file.text, "source/\(target.name)/\(file.name)") }
    }
  }

  private func write(_ text: String, _ name: String) throws {
    try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
  }

  static let graphName = "source/graph.txt"

  static func library(of target: Target) -> String { "lib/\(target.name).so" }

  /// The libraries of the bundle.
  private var builds: [LibraryBuild] {
    zip(job.targets, job.sources).map { target, source in
      LibraryBuild(
        source: source, target: target, path: "\(folder)/\(Self.library(of: target))")
    }
  }

  private func compile(
    _ builds: [LibraryBuild], told: @escaping @Sendable (Double) -> Void
  ) throws {
    let done = Counter()
    let units = builds.reduce(0) { $0 + $1.source.units.count }
    try inParallel(
      builds.map { build in
        {
          try job.toolchain.compile(source: build.source, target: build.target, to: build.path) {
            told(Double(done.increment()) / Double(units))
          }
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

  /// Measures what isn't known yet, and writes the manifest.
  private func finish(
    _ unmeasured: BundleManifest, _ checker: BundleChecker, _ made: BundleParts
  ) throws {
    var manifest = unmeasured
    manifest.packingKey = made.packingKey
    let measurements =
      try made.measurements
      ?? Measurements(divergence: checker.check(reference: made.reference, progress: progress))
    manifest.divergence = measurements.divergence
    manifest.stepCost = try measurements.stepCost ?? checker.stepCost(progress: progress)
    manifest.speed = measurements.speed
    try checker.removeScratch()
    progress(.finish, 0)
    manifest.files = try BundleFiles(folder: folder).hashed(
      known: [made.weights].compactMap { $0 }
    ) { progress(.finish, $0 * 0.9) }
    try write(manifest.json.text(style: .indented) + "\n", ModelBundle.manifestName)
    try made.weightsWritten?.wait()
    try BundleFiles(folder: folder).synchronize()
  }
}

/// What is made, or found in an earlier bundle, before libraries can be checked.
private struct BundleParts: Sendable {
  var packingKey = ""
  var weights: BundleManifest.File?
  /// Ends when new weights are on the disk.
  var weightsWritten: BackgroundJob?
  var reference: VerificationSet?
  var measurements: Measurements?
}

/// One library to compile.
struct LibraryBuild: Sendable {
  let source: CompiledSource
  let target: Target
  let path: String
}
