import Foundation
import JSON
import ModelFiles

/// Writes into a bundle's manifest how fast it was measured to be, in place of what stood there.
@discardableResult
public func storeSpeed(
  _ speed: BundleManifest.Speed, in bundle: ModelBundle
) throws -> ModelBundle {
  guard bundle.manifest.targets.contains(where: { $0.name == speed.target }) else {
    throw CompilerError("\(bundle.path): has no library for \(speed.target), which was timed")
  }
  return try store(in: bundle) { $0.speed = speed }
}

/// Times steps of one of a bundle's libraries on this machine, with so many threads, and writes what
/// they take into the manifest, in place of what stood there.
public func storeStepCost(
  of target: BundleManifest.Target, threads: Int, in bundle: ModelBundle
) throws -> ModelBundle {
  let rows = bundle.manifest.sizes.maximumRows
  let runner = try LibraryRunner(
    library: bundle.libraryPath(for: target), weights: bundle.weightsPath, threads: threads,
    sequences: 1, positions: rows)
  let timing = StepTiming(runner: runner, threads: threads)
  let cost = timing.measure(maximumRows: min(rows, runner.contextLimit))
  return try store(in: bundle) { $0.stepCost = cost }
}

/// Everything else stays, and readers see the old manifest or the new one.
private func store(
  in bundle: ModelBundle, _ change: (inout BundleManifest) -> Void
) throws -> ModelBundle {
  var manifest = bundle.manifest
  change(&manifest)
  let path = bundle.path(of: ModelBundle.manifestName)
  let written = "\(path).\(getpid())"
  defer { try? FileManager.default.removeItem(atPath: written) }
  do {
    try (manifest.json.text(style: .indented) + "\n").write(
      toFile: written, atomically: false, encoding: .utf8)
  } catch {
    throw CompilerError("\(bundle.path): can't be written to: \(error.localizedDescription)")
  }
  try BundleFiles.synchronize(written)
  guard rename(written, path) == 0 else {
    throw CompilerError("\(path) can't be written: \(String(cString: strerror(errno)))")
  }
  return try ModelBundle(path: bundle.path)
}
