import Foundation
import Machine
import ModelFiles

/// The numerics check of a bundle in the making: an exact library for this machine writes the
/// reference, and every library that this machine can run is compared with it.
struct BundleChecker: Sendable {
  private let job: CompileJob
  private let bundle: String
  /// Folder for what only the check needs.
  private let scratch: String
  private let compared: [LibraryBuild]

  /// `builds` are the libraries of the bundle in the folder `bundle`.
  init(job: CompileJob, bundle: String, builds: [LibraryBuild]) throws {
    self.job = job
    self.bundle = bundle
    scratch = "\(bundle)/check"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    let features = ProcessorFeatures.ofThisMachine.names.union(job.native.cpuFeatures)
    let runnable = builds.filter { Set($0.target.cpuFeatures).isSubset(of: features) }
    // A bundle for other machines is checked by its twin for this one.
    compared = try runnable.isEmpty ? [Self.native(job, job.numerics, in: scratch)] : runnable
  }

  /// The library that writes the reference.
  private var exactPath: String {
    job.numerics == .exact ? compared[0].path : Self.path(.exact, in: scratch)
  }

  private static func path(_ numerics: Numerics, in folder: String) -> String {
    "\(folder)/\(numerics.rawValue).so"
  }

  private static func native(
    _ job: CompileJob, _ numerics: Numerics, in folder: String
  ) throws -> LibraryBuild {
    LibraryBuild(
      source: try generateSource(
        job.graph, target: job.native, numerics: numerics,
        cacheType: numerics == job.numerics ? job.cacheType : nil),
      target: job.native, path: path(numerics, in: folder))
  }

  /// Libraries that are compiled for the check alone: an exact one only where there is no
  /// reference yet.
  func extraBuilds(reference: VerificationSet?) throws -> [LibraryBuild] {
    let extra = compared.filter { $0.path.hasPrefix(scratch) }
    if reference != nil || job.numerics == .exact { return extra }
    return try extra + [Self.native(job, .exact, in: scratch)]
  }

  /// The reference of a bundle with the same weights, for this one as well.
  func reference(of bundle: EarlierBundle) -> VerificationSet? {
    bundle.shareReference(length: length, vocabulary: job.graph.vocabulary, to: referencePath)
  }

  private var referencePath: String { "\(bundle)/\(VerificationSet.fileName)" }

  /// Compares all libraries, writes verify.safetensors unless the reference is known, and answers
  /// with the worst divergence; nil for a bundle that is exact itself.
  func check(
    reference known: VerificationSet?, progress: CompileProgress
  ) throws -> BundleManifest.Divergence? {
    let check = NumericsCheck(reference: try known ?? makeReference(progress))
    progress(.check, 0)
    let results = try compared.map { build in
      try check.divergence(
        of: runner(build.path, sequences: VerificationSet.prompts),
        name: "target \(build.target.name)")
    }
    progress(.check, 1)
    guard let worst = results.max(by: { $0.meanKL < $1.meanKL }) else { return nil }
    try NumericsCheck.checkBound(worst, numerics: job.numerics)
    return job.numerics == .exact ? nil : worst
  }

  private func makeReference(_ progress: CompileProgress) throws -> VerificationSet {
    progress(.reference, 0)
    let reference = try VerificationSet(
      from: runner(exactPath, sequences: VerificationSet.prompts), length: length,
      firstToken: firstToken
    ) { progress(.reference, $0) }
    try reference.write(to: referencePath)
    return reference
  }

  /// How long steps take with the bundle's library that a server on this machine would choose; nil
  /// where it could run none of them.
  func stepCost(progress: CompileProgress) throws -> BundleManifest.StepCost? {
    let own = compared.filter { !$0.path.hasPrefix(scratch) }
    guard let build = own.max(by: { $0.target.cpuFeatures.count < $1.target.cpuFeatures.count })
    else { return nil }
    progress(.time, 0)
    let rows = min(build.source.plan.maximumRows, job.graph.contextLimit)
    let runner = try runner(build.path, sequences: 1, positions: rows)
    let cost = StepTiming(runner: runner, threads: availableThreads()).measure(maximumRows: rows)
    progress(.time, 1)
    return cost
  }

  /// Removes what only the check needed.
  func removeScratch() throws { try FileManager.default.removeItem(atPath: scratch) }

  private var length: Int { min(VerificationSet.usualLength, job.graph.contextLimit) }

  /// Both numerics and all targets read the same packed weights.
  private func runner(
    _ library: String, sequences: Int, positions: Int? = nil
  ) throws -> LibraryRunner {
    try LibraryRunner(
      library: library, weights: "\(bundle)/\(ModelBundle.weightsName)",
      threads: availableThreads(), sequences: sequences, positions: positions ?? length)
  }

  /// What texts start with, where the model says so.
  private var firstToken: Int32? {
    let token = job.model.configuration["bos_token_id"]?.integer
    guard let token, (0..<job.graph.vocabulary).contains(token) else { return nil }
    return Int32(token)
  }
}
