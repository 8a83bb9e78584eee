import Foundation
import ModelFiles
import Synchronization

/// Hash of all that decides the bytes of weights.bin, the weight files foremost: while it stays the
/// same, so do they.
func packingKey(of model: ModelDirectory, packer: WeightPacker) throws -> String {
  let names = try FileManager.default.contentsOfDirectory(atPath: model.path)
  let files = names.filter { $0.hasSuffix(".safetensors") }.sorted()
  let lines = Mutex<[String: String]>([:])
  try inParallel(
    files.map { name in
      {
        let hash = try sha256(ofFile: "\(model.path)/\(name)")
        lines.withLock { $0[name] = "\(name) \(hash)" }
      }
    })
  let hashes = lines.withLock { lines in files.compactMap { lines[$0] } }
  return try sha256(of: ([packer.layoutKey] + hashes).joined(separator: "\n"))
}
