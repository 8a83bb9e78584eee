import Foundation
import ModelFiles

/// Where a bundle will stand.
struct BundlePlace {
  let path: String
  let parent: String
  let name: String

  /// Makes the folder around it, and refuses to replace anything but a bundle; `advice` is what to
  /// do where that can't be.
  init(path text: String, advice: String = "name another output with -o") throws {
    let url = URL(fileURLWithPath: text).standardizedFileURL
    path = url.path
    parent = url.deletingLastPathComponent().path
    name = url.lastPathComponent
    do {
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    } catch let error as CocoaError {
      throw CompilerError(
        "\(path) can't be made (\(CompilerError(error))); \(advice)")
    }
    guard exists else { return }
    let manifest = "\(path)/\(ModelBundle.manifestName)"
    guard FileManager.default.fileExists(atPath: manifest) else {
      throw CompilerError("\(path) exists and is not a bundle; \(advice)")
    }
  }

  private var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// Moves a finished folder here. Who has the old bundle open keeps it; who opens one meanwhile
  /// finds the old or the new.
  func receive(_ folder: String) throws {
    if rename(folder, path) != 0 {
      // Something is there, or has come to be there since.
      if exchangeFolders(folder, path) {
        try? FileManager.default.removeItem(atPath: folder)
      } else {
        try replace(with: folder)
      }
    }
    try BundleFiles.synchronize(parent)
  }

  /// In two steps, for file systems that can't do it in one.
  private func replace(with folder: String) throws {
    guard exists else { return try move(folder, to: path) }
    let old = try TemporaryFolder(in: parent, name: name)
    try old.use { old in
      let replaced = "\(old)/replaced"
      try Interruption.ofProcess.undoing {
        if !exists { rename(replaced, path) }
      } during: {
        try move(path, to: replaced)
        do {
          try move(folder, to: path)
        } catch {
          try move(replaced, to: path)
          throw error
        }
      }
    }
  }

  private func move(_ source: String, to target: String) throws {
    guard rename(source, target) == 0 else {
      throw CompilerError("\(target) can't be written: \(String(cString: strerror(errno)))")
    }
  }
}
