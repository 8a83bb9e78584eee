import Foundation
import ModelFiles

/// Bundles of models that were named without one, compiled once for this machine.
///
/// A bundle's name tells which model it belongs to and, by a hash, everything that decides its
/// content: the weight files, the generated C and the compiler.
public enum CompileCache {
  public static let folderVariable = "MLX_COMPILE_CACHE"

  /// The bundle of a model for this machine, compiled where there is none yet.
  public static func bundle(
    for model: ModelDirectory, numerics: Numerics, cacheType: CacheType? = nil,
    companions: @escaping BundleCompanions = { _ in [] }, progress: @escaping CompileProgress
  ) throws -> ModelBundle {
    try bundle(
      for: model, numerics: numerics, cacheType: cacheType, in: folder(),
      companions: companions, progress: progress)
  }

  static func bundle(
    for model: ModelDirectory, numerics: Numerics, cacheType: CacheType? = nil,
    in folder: String,
    companions: @escaping BundleCompanions = { _ in [] }, progress: @escaping CompileProgress
  ) throws -> ModelBundle {
    let target = try Toolchain.find().target(named: Target.defaultName)
    var job = try CompileJob(
      model: model, targets: [target], numerics: numerics, cacheType: cacheType, progress: progress)
    job.companions = companions
    let prefix = try namePrefix(job)
    let name = "\(prefix)-\(try key(job).prefix(16)).\(ModelBundle.pathExtension)"
    let path = URL(fileURLWithPath: "\(folder)/\(name)").standardizedFileURL.path
    if let bundle = try? ModelBundle(path: path) { return bundle }
    // Also what was begun for this model as it was before, and never finished.
    TemporaryFolder.removeStale(in: folder, prefix: ".\(prefix)-")
    let outdated = bundles(prefix: prefix, in: folder)
    let place = try BundlePlace(
      path: path,
      advice: "compiled models are kept in $\(folderVariable), or ~/.cache/mlx-compile: set it to "
        + "a folder that can be written")
    let bundle = try place.fill(with: job, reusing: outdated, progress: progress)
    for old in outdated where old != path { try? FileManager.default.removeItem(atPath: old) }
    return bundle
  }

  /// `$MLX_COMPILE_CACHE`, else `mlx-compile` where the system keeps caches.
  static func folder(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let folder = value(folderVariable) { return folder }
    let caches = value("XDG_CACHE_HOME") ?? (value("HOME") ?? NSHomeDirectory()) + "/.cache"
    return caches + "/mlx-compile"
  }

  /// The model's name, and a hash of where it is.
  private static func namePrefix(_ job: CompileJob) throws -> String {
    let url = URL(fileURLWithPath: job.model.path).resolvingSymlinksInPath()
    let place = try sha256(of: url.path).prefix(8)
    let kind = "\(job.numerics.rawValue)-\(job.cacheType.rawValue)"
    return "\(url.lastPathComponent)-\(kind)-\(place)"
  }

  private static func key(_ job: CompileJob) throws -> String {
    var lines = try weightFiles(job.model)
    lines += [job.toolchain.path, job.toolchain.name, generatorVersion]
    for source in job.sources { lines += source.files.map { $0.name + "\n" + $0.text } }
    return try sha256(of: lines.joined(separator: "\n"))
  }

  /// Names, sizes and times of the weight files: reading them all would take as long as packing.
  private static func weightFiles(_ model: ModelDirectory) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: model.path)
    return names.filter { !$0.hasPrefix(".") }.sorted().map { name in
      var status = stat()
      stat("\(model.path)/\(name)", &status)
      let time = status.st_mtim
      return "\(name) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
    }
  }

  private static func bundles(prefix: String, in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(prefix + "-") }.sorted().map { "\(folder)/\($0)" }
  }
}
