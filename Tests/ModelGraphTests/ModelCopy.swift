import Foundation
import JSON
import ModelFiles
import ModelGraph

/// A model fixture copied to a folder of its own, so that a test can change it. The folder lasts as
/// long as this object.
final class ModelCopy {
  let path: String

  static let fixtures: String = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    return tests.appendingPathComponent("Fixtures/models").path
  }()

  init(_ fixture: String) throws {
    let name = "model-graph-tests-\(UUID().uuidString)"
    path = (NSTemporaryDirectory() as NSString).appendingPathComponent(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        atPath: "\(Self.fixtures)/\(fixture)/\(file)", toPath: path + "/" + file)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func read(_ file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path + "/" + file)))
  }

  func write(_ bytes: [UInt8], to file: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + file))
  }

  /// Sets keys of config.json; nil removes one.
  func configure(_ changes: [(key: String, value: JSON?)]) throws {
    var object = try JSON(parsing: read("config.json")).object ?? JSONObject()
    for (key, value) in changes { object[key] = value }
    try write(Array(JSON.object(object).text().utf8), to: "config.json")
  }

  /// Adds a float32 number to the weights.
  func addTensor(_ name: String) throws {
    let file = try read("model.safetensors")
    let headerBytes = file.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) }
    var header = try JSON(parsing: Array(file[8..<8 + headerBytes])).object ?? JSONObject()
    let start = file.count - 8 - headerBytes
    header[name] = [
      "dtype": "F32", "shape": [1], "data_offsets": [.integer(start), .integer(start + 4)],
    ]
    let text = Array(JSON.object(header).text().utf8)
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    let data = file[(8 + headerBytes)...] + [0, 0, 0, 0]
    try write(length + text + data, to: "model.safetensors")
  }

  func graph() throws -> Graph { try buildGraph(ModelDirectory(path: path)) }

  /// Why the graph can't be built; "accepted" if it can.
  func refusal() -> String {
    do {
      _ = try graph()
      return "accepted"
    } catch {
      return "\(error)"
    }
  }
}
