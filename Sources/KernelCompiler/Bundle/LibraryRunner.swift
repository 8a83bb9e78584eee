import Foundation
import ModelABI
import ModelFiles

/// A compiled library with its weights, ready to take steps.
final class LibraryRunner {
  let driver: StepDriver
  let vocabulary: Int
  /// Most positions of a sequence.
  let contextLimit: Int

  /// Opens a library for `sequences` sequences of up to `positions` positions each.
  init(library: String, weights path: String, threads: Int, sequences: Int, positions: Int) throws {
    let description = try Self.describe(library)
    let weights = try MappedFile(path: path)
    guard weights.bytes.count == description.weights_bytes else {
      throw CompilerError(
        "\(path) has \(weights.bytes.count) bytes, but \(library) expects "
          + "\(description.weights_bytes)")
    }
    vocabulary = Int(description.vocabulary)
    contextLimit = Int(description.context_limit)
    let sizes = StepDriver.Sizes(
      vocabulary: vocabulary, maximumRows: Int(description.maximum_rows),
      pagePositions: Int(description.page_positions), pageBytes: Int(description.page_bytes))
    let scratch = Scratch(bytes: Int(description.scratch_bytes(Int32(threads))))
    driver = StepDriver(sizes: sizes, sequences: sequences, positions: positions) { step in
      step.pointee.weights = weights.bytes.baseAddress
      step.pointee.scratch = scratch.memory
      description.run(step, Int32(threads))
    }
  }

  /// Aligned as model_abi.h asks for.
  private final class Scratch {
    let memory: UnsafeMutableRawPointer

    init(bytes: Int) { memory = .allocate(byteCount: max(bytes, 64), alignment: 64) }

    deinit { memory.deallocate() }
  }

  /// Loads a library for good: the OpenMP threads that it starts must not lose their code.
  private static func describe(_ path: String) throws -> model_description {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw CompilerError("\(path) can't be loaded: \(String(cString: dlerror()))")
    }
    guard let symbol = dlsym(handle, MODEL_DESCRIBE_SYMBOL) else {
      throw CompilerError("\(path) is not a compiled model, it lacks \(MODEL_DESCRIBE_SYMBOL)")
    }
    let describe = unsafeBitCast(symbol, to: model_describe_function.self)
    guard let description = describe()?.pointee else {
      throw CompilerError("\(path) doesn't describe itself")
    }
    guard description.abi_version == UInt32(MODEL_ABI_VERSION) else {
      throw CompilerError(
        "\(path) speaks version \(description.abi_version) of model_abi.h, this program "
          + "version \(MODEL_ABI_VERSION); compile the model again")
    }
    return description
  }
}
