import Foundation
import ModelABI
import ModelFiles

/// A compiled library in this process, and what it says of itself.
final class CompiledLibrary {
  let description: model_description
  /// Has its OpenMP's threads do something else between steps; nil where that isn't known how.
  let team: SharedLoop.Team?

  /// Loads a library for good: OpenMP's threads may stand in its code as long as the process lives.
  init(path: String) throws {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw ModelError("\(path): can't be loaded: \(Self.lastError())")
    }
    guard let symbol = dlsym(handle, MODEL_DESCRIBE_SYMBOL) else {
      throw ModelError("\(path): is not a compiled model, it has no \(MODEL_DESCRIBE_SYMBOL)")
    }
    let describe = unsafeBitCast(symbol, to: model_describe_function.self)
    guard let description = describe() else {
      throw ModelError("\(path): doesn't describe itself")
    }
    // The version comes first: nothing after it means anything if it is another.
    guard description.pointee.abi_version == UInt32(MODEL_ABI_VERSION) else {
      throw ModelError(
        "\(path): speaks version \(description.pointee.abi_version) of the library interface, this"
          + " program version \(MODEL_ABI_VERSION); compile the model again")
    }
    self.description = description.pointee
    // The OpenMP that the library was linked with, whose threads are awake.
    team = dlsym(handle, "GOMP_parallel").map { unsafeBitCast($0, to: SharedLoop.Team.self) }
    if let complaint = self.description.complaint {
      throw ModelError("\(path): \(complaint); compile the model again")
    }
  }

  private static func lastError() -> String {
    dlerror().map { String(cString: $0) } ?? "unknown error"
  }
}

extension model_description {
  /// What can't be true of any model; nil for nothing.
  fileprivate var complaint: String? {
    let checks: [(Bool, String)] = [
      (
        [generator, model_type, signature, target, cpu_features, numerics, cache_type]
          .allSatisfy { $0 != nil },
        "leaves out what it is"
      ),
      ((1...1 << 24).contains(vocabulary), "states a vocabulary of \(vocabulary)"),
      ((1...1 << 16).contains(maximum_rows), "states steps of \(maximum_rows) rows"),
      ((1...1 << 16).contains(page_positions), "states pages of \(page_positions) positions"),
      (context_limit > 0, "states a context of \(context_limit)"),
      (
        page_bytes > 0 && page_bytes % 64 == 0 && page_bytes < 1 << 40,
        "states pages of \(page_bytes) bytes"
      ),
      (weights_bytes < 1 << 48, "states weights of \(weights_bytes) bytes"),
      (scratch_bytes != nil && run != nil, "lacks the functions to run it"),
      (kernel_count == 0 || kernels != nil, "states \(kernel_count) kernels and has none"),
    ]
    return checks.first { !$0.0 }?.1
  }
}
