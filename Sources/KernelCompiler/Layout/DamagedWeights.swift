import ModelFiles
import ModelGraph

/// Refuses scales, biases and norms that aren't finite numbers: whoever damaged them damaged the
/// model, yet attention may turn them into answers that look like any others. Matrices of floats
/// are looked at as they are packed.
func refuseDamagedWeights(of graph: Graph) throws {
  let tensors = graph.tensors.filter { tensor in
    let isPartOfMatrix = [".scales", ".biases"].contains { tensor.name.hasSuffix($0) }
    return tensor.type.isFloatingPoint && (tensor.shape.count == 1 || isPartOfMatrix)
  }
  let damaged = concurrentMap(tensors) { $0.isFinite ? nil : $0.name }.compactMap { $0 }
  if !damaged.isEmpty { throw damagedWeights(damaged.sorted()) }
}

/// The refusal of tensors with these names.
func damagedWeights(_ names: [String]) -> CompilerError {
  let others = names.count > 1 ? " and \(names.count - 1) more" : ""
  return CompilerError(
    "tensor \(printable(names.first ?? ""))\(others): holds what is no finite number; the file is "
      + "damaged, download or convert the model again")
}
