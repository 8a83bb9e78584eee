import Foundation
import JSON

/// A compiled model on disk: `NAME.mlxbundle/` with its manifest, libraries and packed weights.
public struct ModelBundle: Sendable {
  public let path: String
  public let manifest: BundleManifest

  public static let manifestName = "manifest.json"
  public static let weightsName = "weights.bin"
  public static let pathExtension = "mlxbundle"

  /// Reads the manifest and checks that the files it speaks of are there with the sizes it states.
  public init(path: String) throws {
    let file: MappedFile
    do {
      file = try MappedFile(path: (path as NSString).appendingPathComponent(Self.manifestName))
    } catch {
      throw ModelError("\(path): is not a bundle, it has no \(Self.manifestName)")
    }
    let json: JSON
    do {
      json = try JSON(parsing: file.bytes)
    } catch {
      throw ModelError("\(file.path): not JSON: \(error)")
    }
    self.path = path
    manifest = try BundleManifest(json: json, fileName: file.path)
    try checkSizes()
  }

  /// Where a file of the bundle is.
  public func path(of file: String) -> String { (path as NSString).appendingPathComponent(file) }

  public var weightsPath: String { path(of: Self.weightsName) }

  public func libraryPath(for target: BundleManifest.Target) -> String { path(of: target.library) }

  private func checkSizes() throws {
    for file in manifest.files {
      var status = stat()
      guard stat(path(of: file.path), &status) == 0 else {
        throw ModelError(
          "\(path): \(file.path) is missing; the bundle is incomplete, compile the model again")
      }
      guard Int(status.st_size) == file.bytes else {
        throw ModelError(
          "\(path): \(file.path) has \(status.st_size) bytes, but the manifest states "
            + "\(file.bytes); compile the model again")
      }
    }
  }

  /// Reads every file and compares it with the manifest; `progress` hears the share that is done.
  public func verifyHashes(progress: (Double) -> Void = { _ in }) throws {
    let total = Double(max(1, manifest.files.reduce(0) { $0 + $1.bytes }))
    var done = 0
    for file in manifest.files {
      let digest = try sha256(ofFile: path(of: file.path)) { bytes in
        progress(Double(done + bytes) / total)
      }
      guard digest == file.sha256 else {
        throw ModelError(
          "\(path): \(file.path) was changed or damaged, its SHA-256 is not the manifest's; "
            + "compile the model again")
      }
      done += file.bytes
    }
  }
}
