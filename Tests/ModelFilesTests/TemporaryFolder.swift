import Foundation
import JSON

/// A folder that lasts as long as this object: where tests write model files.
final class TemporaryFolder {
  let path: String

  init() throws {
    let name = "model-files-tests-\(UUID().uuidString)"
    path = (NSTemporaryDirectory() as NSString).appendingPathComponent(name)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = (path as NSString).appendingPathComponent(name)
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try write(Array(text.utf8), to: name)
  }
}

/// The bytes of a safetensors file: header length, header, data.
func safetensors(_ header: String, data: [UInt8] = []) -> [UInt8] {
  let header = Array(header.utf8)
  return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
}

/// The bytes of a safetensors file of float32 zeros, and of other tensors given by their entries.
func safetensors(zeros shapes: [(name: String, shape: [Int])]) -> [UInt8] {
  var offset = 0
  let entries = shapes.map { name, shape in
    let end = offset + shape.reduce(4, *)
    defer { offset = end }
    return "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(offset),\(end)]}"
  }
  let header = "{" + entries.joined(separator: ",") + "}"
  return safetensors(header, data: [UInt8](repeating: 0, count: offset))
}
