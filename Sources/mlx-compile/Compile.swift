import ArgumentParser
import Chat
import Foundation
import KernelCompiler
import ModelFiles
import Synchronization

/// Makes a bundle, or prints a stage on the way to one.
struct Compile: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compiles a model into a bundle (the default).",
    discussion: """
        mlx-compile Qwen3-0.6B-4bit -o qwen.mlxbundle

      One bundle for many machines; the server picks the best library that the CPU can run:

        mlx-compile Qwen3-0.6B-4bit --target x86-64-v3 --target x86-64-v4-vnni

      Kernels, barriers and memory, as text on standard output:

        mlx-compile Qwen3-0.6B-4bit --emit plan
      """)

  /// What `--emit` prints.
  enum Stage: String, ExpressibleByArgument, CaseIterable {
    case graph, plan, c, assembly, manifest
  }

  @Argument(help: "A model folder, a file inside one, or a hub id.")
  var model: String

  @Option(name: .shortAndLong, help: "The bundle to make (default: NAME.mlxbundle here).")
  var output: String?

  @Option(
    help: ArgumentHelp(
      "A kind of CPU; may be repeated (default: native).",
      discussion: "native, " + Target.known.map(\.name).joined(separator: ", "),
      valueName: "name"))
  var target: [String] = []

  @Option(help: numericsHelp)
  var numerics = Numerics.fast

  @Option(help: cacheTypeHelp)
  var cacheType: CacheType?

  @Option(help: "Print a stage instead: graph, plan, c, assembly or manifest.")
  var emit: Stage?

  @Flag(help: "Say on standard error when each stage began and ended.")
  var timings = false

  func validate() throws {
    _ = try CacheType.chosen(cacheType, numerics)
    guard emit == nil || output == nil else {
      throw ValidationError("--emit prints on standard output; leave --output out.")
    }
  }

  func run() throws {
    let location = try ModelLocation.resolve(model)
    switch (location, emit) {
    case (.bundle(let path), .manifest):
      print(try ModelBundle(path: path).manifest.json.text(style: .indented))
    case (.bundle(let path), _):
      throw ValidationError(
        "\(path) is compiled already; its source/ folder holds the graph, the plan and the C.")
    case (.directory(let path), let stage?): print(try text(of: stage, of: path))
    case (.directory(let path), nil): try makeBundle(of: path)
    }
  }

  private func makeBundle(of path: String) throws {
    let line = ProgressLine()
    defer { line.end() }
    let times = StageTimes()
    let targets = try targets()
    let peak = PeakInAdvance(target: targets[0].name)
    let progress: CompileProgress = { stage, share in
      times.hear(stage)
      if stage == .compile { peak.begin() }
      line.compiling(stage, share)
    }
    let started = ContinuousClock.now
    let warnings = Mutex<[String]>([])
    let output = output ?? "\(modelName(path)).\(ModelBundle.pathExtension)"
    let earlier = try? ModelBundle(path: output)
    let bundle = try compileBundle(
      model: ModelDirectory(path: path), targets: targets, numerics: numerics,
      cacheType: cacheType, output: output,
      companions: { directory in
        let companions = bundleCompanions(directory: directory)
        warnings.withLock { $0 = companions.warnings }
        return companions.files
      }, progress: progress)
    let measured = try measureOnce(bundle, peak, progress)
    line.end()
    if timings { FileHandle.standardError.write(Data(times.text.utf8)) }
    for warning in warnings.withLock(\.self) {
      FileHandle.standardError.write(Data("warning: \(warning)\n".utf8))
    }
    let isUnchanged = measured.manifest == earlier?.manifest
    let seconds = secondsText(started.duration(to: .now).seconds)
    print(summary(of: measured, took: isUnchanged ? "unchanged, \(seconds)" : seconds))
  }

  /// With a short measurement, unless the bundle took one over from the one before it.
  private func measureOnce(
    _ bundle: ModelBundle, _ peak: PeakInAdvance, _ progress: CompileProgress
  ) throws -> ModelBundle {
    guard bundle.manifest.speed == nil else { return bundle }
    progress(.measure, 0)
    defer { progress(.measure, 1) }
    return try storeShortMeasurement(of: bundle, peak)
  }

  private func targets() throws -> [Target] {
    let names = target.isEmpty ? [Target.defaultName] : target
    let toolchain = try Toolchain.find()
    var targets: [Target] = []
    for name in names where !targets.contains(where: { $0.name == name }) {
      targets.append(try toolchain.target(named: name))
    }
    return targets
  }

  /// Text of one stage, the same at every run.
  private func text(of stage: Stage, of path: String) throws -> String {
    let model = try ModelDirectory(path: path)
    if stage == .graph {
      // The same for all of them, and without a compiler: but for a name that means none.
      for name in target { try Target.check(name) }
      return try graphText(model)
    }
    if stage == .manifest { return try manifestText(model) }
    let toolchain = try Toolchain.find()
    return try targets().map { target in
      let source = try compiledSource(
        of: model, target: target, numerics: numerics, cacheType: cacheType)
      switch stage {
      case .plan: return printPlan(source.plan)
      case .assembly: return try toolchain.assembly(source: source, target: target)
      case .graph, .c, .manifest:
        return source.files.map { "// ---- \($0.name)\n\($0.text)" }.joined(separator: "\n")
      }
    }.joined(separator: "\n")
  }

  private func manifestText(_ model: ModelDirectory) throws -> String {
    let folder = NSTemporaryDirectory() + "/mlx-compile-\(getpid())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let progress = ProgressLine()
    defer { progress.end() }
    let bundle = try compileBundle(
      model: model, targets: targets(), numerics: numerics, cacheType: cacheType,
      output: "\(folder)/model.mlxbundle",
      companions: { bundleCompanions(directory: $0).files }, progress: progress.compiling)
    return bundle.manifest.json.text(style: .indented)
  }

  private func summary(of bundle: ModelBundle, took: String) -> String {
    let manifest = bundle.manifest
    let targets = manifest.targets.map(\.name).joined(separator: ", ")
    var lines = [
      "\(bundle.path): \(manifest.modelType), \(targets), numerics \(manifest.numerics), "
        + "keys and values in \(manifest.cacheType), "
        + "\(byteText(manifest.sizes.weightsBytes)) of weights, \(took)"
    ]
    if let divergence = manifest.divergence { lines.append(divergenceText(divergence)) }
    if let speed = manifest.speed { lines.append(speedText(speed)) }
    return lines.joined(separator: "\n")
  }
}

/// What a model is called where its folder is all that names it: a hub snapshot has the
/// repository's name.
func modelName(_ path: String) -> String {
  let parts = URL(fileURLWithPath: path).standardizedFileURL.pathComponents
  if let index = parts.lastIndex(of: "snapshots"), index > 0, parts[index - 1].hasPrefix("models--")
  {
    return parts[index - 1].components(separatedBy: "--").last ?? "model"
  }
  return parts.last ?? "model"
}
