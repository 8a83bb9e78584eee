import Foundation
import JSON
import ModelFiles
import Testing

/// A bundle on disk around Fixtures/tiny_model.c, with whatever is to be wrong in it.
struct TinyBundle {
  let path: String
  var manifest: BundleManifest

  /// Compiles the library with extra flags; nil on a machine without a C compiler.
  init?(flags: [String] = [], weights: [UInt8] = [3] + [UInt8](repeating: 0, count: 15)) throws {
    guard let compiler = Self.compiler else { return nil }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "tiny-\(UUID().uuidString).mlxbundle")
    path = folder.path
    let library = folder.appendingPathComponent("lib/test.so").path
    try FileManager.default.createDirectory(
      atPath: path + "/lib", withIntermediateDirectories: true)
    try Self.compile(with: compiler, flags, to: library)
    try Data(weights).write(to: folder.appendingPathComponent("weights.bin"))
    manifest = BundleManifest(
      abiVersion: 1, modelType: "tiny", signature: "tiny", numerics: "exact", cacheType: "f32",
      targets: [.init(name: "test", library: "lib/test.so", cpuFeatures: [], compiler: "test")],
      sizes: .init(
        weightsBytes: 16, pageBytes: 64, pagePositions: 4, maximumRows: 8, scratchBytes: [:]))
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes the manifest, with sizes and hashes as the files are now.
  func bundle() throws -> ModelBundle {
    var complete = manifest
    complete.files = try ["lib/test.so", "weights.bin"].map { name in
      let file = try MappedFile(path: "\(path)/\(name)")
      return .init(path: name, bytes: file.bytes.count, sha256: try sha256(of: file.bytes))
    }
    try write(complete)
    return try ModelBundle(path: path)
  }

  func write(_ manifest: BundleManifest) throws {
    try manifest.json.text().write(
      toFile: path + "/manifest.json", atomically: true, encoding: .utf8)
  }

  private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  private static let compiler = ["clang-19", "clang-16", "clang-14", "clang", "gcc", "cc"]
    .map { "/usr/bin/\($0)" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  private static func compile(with compiler: String, _ flags: [String], to library: String) throws {
    let headers = sources.appendingPathComponent("../../Sources/ModelABI/include").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: compiler)
    process.arguments =
      ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-fPIC", "-shared", "-fvisibility=hidden"]
      + flags
      + [
        "-I", headers, sources.appendingPathComponent("Fixtures/tiny_model.c").path, "-o", library,
      ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }
}
