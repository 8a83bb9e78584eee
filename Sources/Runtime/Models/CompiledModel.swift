import Foundation
import Machine
import ModelABI
import ModelFiles

/// A bundle's compiled kernels with its weights mapped, ready to run on this machine.
public final class CompiledModel: LanguageModel, @unchecked Sendable {
  public let vocabulary: Int
  public let maximumRows: Int
  public let pagePositions: Int
  public let contextLimit: Int
  public let pageBytes: Int
  public let backend: String
  public let memory: ModelMemory
  public let stepCost: StepCost?
  /// `model_step.streams`, as it was measured.
  private let streams: Int32
  /// Name of the library that was chosen: "x86-64-v4".
  public let target: String
  public let threads: Int

  private let library: CompiledLibrary
  private let weights: MappedFile
  private let scratch: LazyMemory

  /// Opens the best library of a bundle that this machine can run.
  public convenience init(bundle: ModelBundle, threads: Int = availableThreads()) throws {
    try self.init(bundle: bundle, threads: threads, features: .ofThisMachine)
  }

  init(bundle: ModelBundle, threads: Int, features: ProcessorFeatures) throws {
    let target = try bundle.bestTarget(for: features)
    try bundle.checkLibrary(of: target)
    library = try CompiledLibrary(path: bundle.libraryPath(for: target))
    let description = library.description
    try bundle.check(description, target: target, suits: features)
    weights = try MappedFile(path: bundle.weightsPath)
    try bundle.check(description, target: target, weightsBytes: weights.bytes.count)
    self.threads = max(1, min(threads, 1024))
    let scratchBytes = description.scratch_bytes(Int32(self.threads))
    guard scratchBytes < 1 << 40, let scratch = LazyMemory(byteCount: Int(scratchBytes)) else {
      throw ModelError(
        "\(bundle.path): \(target.library) asks for \(scratchBytes) bytes of scratch for"
          + " \(self.threads) threads, which can't be had")
    }
    self.scratch = scratch
    self.target = target.name
    vocabulary = Int(description.vocabulary)
    maximumRows = Int(description.maximum_rows)
    pagePositions = Int(description.page_positions)
    contextLimit = Int(description.context_limit)
    pageBytes = Int(description.page_bytes)
    let numerics = String(cString: description.numerics)
    let cacheType = String(cString: description.cache_type)
    backend =
      "compiled \(target.name), \(numerics), keys and values in \(cacheType), "
      + "\(self.threads) thread\(self.threads == 1 ? "" : "s")"
    // Measured on another machine or with other threads, it still has the right shape.
    stepCost = bundle.manifest.stepCost.flatMap { StepCost(milliseconds: $0.milliseconds) }
    streams = Int32(clamping: bundle.manifest.stepCost?.streams ?? 0)
    memory = ModelMemory(weightBytes: weights.bytes.count, scratchBytes: Int(scratchBytes))
    weights.readAhead()
  }

  public func run(_ step: UnsafePointer<model_step>) {
    var own = step.pointee
    precondition((1...maximumRows).contains(Int(own.rows)))
    own.weights = weights.bytes.baseAddress
    own.scratch = scratch.start
    own.streams = streams
    library.description.run(&own, Int32(threads))
  }

  public func forEach(_ count: Int, _ body: (Int) -> Void) {
    if count > 1, threads > 1, let team = library.team {
      SharedLoop.run(count, on: team, threads: threads, body)
    } else {
      for index in 0..<count { body(index) }
    }
  }
}

// MARK: - Choosing and checking

extension ModelBundle {
  /// The library that uses the most of what this machine's processor has.
  public func bestTarget(for features: ProcessorFeatures) throws -> BundleManifest.Target {
    let possible = manifest.targets.filter { features.missing(from: $0.cpuFeatures).isEmpty }
    if let best = possible.max(by: { $0.cpuFeatures.count < $1.cpuFeatures.count }) { return best }
    let reasons = manifest.targets.map { target in
      let missing = features.missing(from: target.cpuFeatures).joined(separator: ", ")
      return "\(target.name) needs \(missing)"
    }
    throw ModelError(
      "\(path): none of its libraries runs on this processor: "
        + (reasons.isEmpty ? "it has none" : reasons.joined(separator: "; "))
        + "; compile the model on this machine")
  }

  /// A damaged library would crash the process as it is loaded, so its hash is checked before.
  fileprivate func checkLibrary(of target: BundleManifest.Target) throws {
    guard let file = manifest.files.first(where: { $0.path == target.library }) else {
      throw ModelError("\(path): the manifest's files lack \(target.library)")
    }
    guard try sha256(ofFile: libraryPath(for: target)) == file.sha256 else {
      throw ModelError(
        "\(path): \(target.library) was changed or damaged, its SHA-256 is not the manifest's;"
          + " compile the model again")
    }
  }

  /// A manifest that promises less than the library needs would end in an illegal instruction.
  fileprivate func check(
    _ library: model_description, target: BundleManifest.Target, suits features: ProcessorFeatures
  ) throws {
    let needed = String(cString: library.cpu_features).split(separator: " ").map(String.init)
    let missing = features.missing(from: needed)
    guard missing.isEmpty else {
      throw ModelError(
        "\(path): \(target.library) needs \(missing.joined(separator: ", ")), which this processor"
          + " lacks and the manifest doesn't mention; compile the model on this machine")
    }
  }

  /// Library, manifest and weights must speak of the same model.
  fileprivate func check(
    _ library: model_description, target: BundleManifest.Target, weightsBytes: Int
  ) throws {
    func same<Value: Equatable>(_ what: String, _ library: Value, _ manifest: Value) throws {
      if library == manifest { return }
      throw ModelError(
        "\(path): \(target.library) was made for another \(what) (\(library)) than the manifest"
          + " states (\(manifest)); compile the model again")
    }
    let sizes = manifest.sizes
    try same("signature", String(cString: library.signature), manifest.signature)
    try same("cache type", String(cString: library.cache_type), manifest.cacheType)
    try same("size of weights", Int(library.weights_bytes), sizes.weightsBytes)
    try same("page size", Int(library.page_bytes), sizes.pageBytes)
    try same("number of positions in a page", Int(library.page_positions), sizes.pagePositions)
    try same("number of rows in a step", Int(library.maximum_rows), sizes.maximumRows)
    guard weightsBytes == sizes.weightsBytes else {
      throw ModelError(
        "\(weightsPath): has \(weightsBytes) bytes, but \(sizes.weightsBytes) belong to this model;"
          + " compile the model again")
    }
  }
}

extension MappedFile {
  /// Has the pages that are in memory already mapped at once, and the others read.
  fileprivate func readAhead() {
    guard let start = bytes.baseAddress else { return }
    let address = UnsafeMutableRawPointer(mutating: start)
    madvise(address, bytes.count, Int32(MADV_WILLNEED))
    #if os(Linux)
      // Fails harmlessly before Linux 5.14: then pages are mapped as they are touched.
      let populateRead: Int32 = 22
      madvise(address, bytes.count, populateRead)
    #endif
  }
}
