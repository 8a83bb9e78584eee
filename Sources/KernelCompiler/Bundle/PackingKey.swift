import Foundation
import ModelFiles

/// The packed weights that a model needs, and where they may be had without packing.
struct PackedWeights {
  /// Hash of all that decides the bytes of weights.bin: while it stays the same, so do they.
  let key: String
  let bytes: Int

  init(model: ModelDirectory, packer: WeightPacker) throws {
    bytes = packer.totalBytes
    let names = try FileManager.default.contentsOfDirectory(atPath: model.path)
    let files = try names.filter { $0.hasSuffix(".safetensors") }.sorted().map { name in
      try "\(name) \(sha256(ofFile: "\(model.path)/\(name)"))"
    }
    key = try sha256(of: ([packer.layoutKey] + files).joined(separator: "\n"))
  }

  /// Puts the weights of the first of these bundles that has the same at `path`, without copying
  /// where the file system can do that; what that bundle's manifest says of them.
  func reuse(from bundles: [String], at path: String) -> BundleManifest.File? {
    for bundle in bundles {
      guard let bundle = try? ModelBundle(path: bundle), bundle.manifest.packingKey == key,
        let file = bundle.manifest.files.first(where: { $0.path == ModelBundle.weightsName }),
        file.bytes == bytes
      else { continue }
      if link(bundle.weightsPath, path) == 0 { return file }
      if (try? FileManager.default.copyItem(atPath: bundle.weightsPath, toPath: path)) != nil {
        return file
      }
    }
    return nil
  }
}
