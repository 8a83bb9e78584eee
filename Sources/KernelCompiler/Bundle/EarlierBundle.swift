import Foundation
import Machine
import ModelFiles

/// A bundle that stands where a new one will, or did so: what of it is still right is taken over.
struct EarlierBundle: Sendable {
  private let bundle: ModelBundle

  private var manifest: BundleManifest { bundle.manifest }

  /// Nil where there is none that can be read.
  init?(path: String) {
    guard let bundle = try? ModelBundle(path: path) else { return nil }
    self.bundle = bundle
  }

  /// Whether its weights may be those of this model; only `packingKey` tells for sure.
  func mayShareWeights(signature: String) -> Bool {
    manifest.signature == signature && manifest.packingKey != nil
  }

  func sharesWeights(packingKey: String) -> Bool { manifest.packingKey == packingKey }

  /// Whether it computes the same from the same weights.
  func hasGraph(_ text: String) -> Bool {
    (try? String(contentsOfFile: bundle.path(of: BundleWriter.graphName), encoding: .utf8)) == text
  }

  /// Puts one of its files at `path` as well, without copying where the file system can do that;
  /// what the manifest says of it. Nil where it isn't there or isn't what the manifest says.
  func share(_ name: String, to path: String) -> BundleManifest.File? {
    guard let file = manifest.files.first(where: { $0.path == name }) else { return nil }
    if link(bundle.path(of: name), path) != 0 {
      try? FileManager.default.removeItem(atPath: path)
      try? FileManager.default.copyItem(atPath: bundle.path(of: name), toPath: path)
    }
    // Of what came to be here: another compile may put its bundle there at any moment.
    if (try? sha256(ofFile: path)) == file.sha256 { return file }
    try? FileManager.default.removeItem(atPath: path)
    return nil
  }

  /// The same for a library that was built from the same source in the same way.
  func shareLibrary(buildKey: String, to path: String) -> BundleManifest.File? {
    guard let target = manifest.targets.first(where: { $0.buildKey == buildKey }) else {
      return nil
    }
    return share(target.library, to: path)
  }

  /// What was measured of it, for a bundle that has the same weights, if the libraries are the same,
  /// too; times only where they are of as many threads as there are now.
  func measurements(for new: BundleManifest) -> Measurements? {
    guard manifest.targets == new.targets, manifest.numerics == new.numerics,
      manifest.cacheType == new.cacheType,
      manifest.targets.allSatisfy({ $0.buildKey != nil }),
      manifest.numerics == Numerics.exact.rawValue || manifest.divergence != nil
    else { return nil }
    let threads = availableThreads()
    return Measurements(
      divergence: manifest.divergence,
      stepCost: manifest.stepCost.flatMap { $0.threads == threads ? $0 : nil },
      speed: manifest.speed.flatMap { $0.threads == threads ? $0 : nil })
  }

  /// Its prompts and exact answers, put at `path` as well.
  func shareReference(length: Int, vocabulary: Int, to path: String) -> VerificationSet? {
    guard share(VerificationSet.fileName, to: path) != nil,
      let set = try? VerificationSet(path: path), set.tokens.count == VerificationSet.prompts,
      set.length == length, set.positions == VerificationSet.positions(length: length),
      (try? set.check(vocabulary: vocabulary)) != nil
    else {
      try? FileManager.default.removeItem(atPath: path)
      return nil
    }
    return set
  }
}

/// What running a bundle's libraries showed.
struct Measurements: Sendable {
  var divergence: BundleManifest.Divergence?
  var stepCost: BundleManifest.StepCost?
  var speed: BundleManifest.Speed?
}
