import Foundation
import ModelFiles

/// The files of a folder, for the manifest.
struct BundleFiles {
  let folder: String

  /// Paths inside the folder, sorted.
  func paths() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(
        atPath: "\(folder)/\(path)", isDirectory: &isDirectory) && !isDirectory.boolValue
    }.sorted()
  }

  /// Sizes and hashes of all files but those that are `known`, taken over; `progress` hears the
  /// share of the bytes that is done.
  func hashed(
    known: [BundleManifest.File], progress: (Double) -> Void
  ) throws -> [BundleManifest.File] {
    let sizes = try paths().map { ($0, try Self.size(of: "\(folder)/\($0)")) }
    let total = Double(max(1, sizes.reduce(0) { $0 + $1.1 }))
    var done = 0
    return try sizes.map { path, size in
      if let file = known.first(where: { $0.path == path && $0.bytes == size }) {
        done += size
        return file
      }
      let file = try hashed(path) { progress(Double(done + $0) / total) }
      done += size
      return file
    }
  }

  /// Size and hash of one file; `progress` hears how many bytes are done.
  func hashed(_ path: String, progress: (Int) -> Void) throws -> BundleManifest.File {
    BundleManifest.File(
      path: path, bytes: try Self.size(of: "\(folder)/\(path)"),
      sha256: try sha256(ofFile: "\(folder)/\(path)", progress: progress))
  }

  static func size(of path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw CompilerError("\(path): \(String(cString: strerror(errno)))")
    }
    return Int(status.st_size)
  }

  /// Puts every file and folder on the disk, so that a power cut after the rename loses nothing.
  func synchronize() throws {
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      try Self.synchronize("\(folder)/\(path)")
    }
    try Self.synchronize(folder)
  }

  static func synchronize(_ path: String) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else {
      throw CompilerError("\(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw CompilerError("\(path) can't be written to disk: \(String(cString: strerror(errno)))")
    }
  }
}

/// Which files of a model directory go into its bundle.
enum ModelFileCopies {
  private static let suffixes = [".json", ".jinja", ".txt", ".model", ".tiktoken", ".md"]
  private static let licences = ["LICENSE", "LICENCE", "NOTICE", "COPYING"]
  private static let sizeLimit = 256 << 20

  /// Names of the files to copy, sorted; none where there is no such folder.
  static func names(in folder: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().filter { name in
      let isWanted =
        suffixes.contains { name.hasSuffix($0) } || licences.contains { name.hasPrefix($0) }
      return isWanted && !name.hasPrefix(".") && !name.hasSuffix(".safetensors.index.json")
        && name != ModelBundle.manifestName && isSmallFile("\(folder)/\(name)")
    }
  }

  private static func isSmallFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_size <= sizeLimit
  }

  /// Copies what a path leads to: a hub cache holds links.
  static func copy(_ source: String, to target: String) throws {
    let resolved = URL(fileURLWithPath: source).resolvingSymlinksInPath()
    try Data(contentsOf: resolved).write(to: URL(fileURLWithPath: target))
  }
}
