import Foundation
import JSON
import ModelFiles

/// Writes into a bundle's manifest how fast it was measured to be, in place of what stood there;
/// everything else stays, and readers see the old manifest or the new one.
@discardableResult
public func storeSpeed(
  _ speed: BundleManifest.Speed, in bundle: ModelBundle
) throws -> ModelBundle {
  var manifest = bundle.manifest
  guard manifest.targets.contains(where: { $0.name == speed.target }) else {
    throw CompilerError("\(bundle.path): has no library for \(speed.target), which was timed")
  }
  manifest.speed = speed
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
