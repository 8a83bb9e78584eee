import ModelFiles
import ModelGraph

/// Refuses scales, biases and norms that aren't finite numbers: whoever damaged them damaged the
/// model, yet attention may turn them into answers that look like any others. Matrices of floats
/// would take as long as packing, and are left to the check of the answers.
func refuseDamagedWeights(of graph: Graph) throws {
  let tensors = graph.tensors.filter { tensor in
    let isPartOfMatrix = [".scales", ".biases"].contains { tensor.name.hasSuffix($0) }
    return tensor.type.isFloatingPoint && (tensor.shape.count == 1 || isPartOfMatrix)
  }
  let damaged = concurrentMap(tensors) { $0.isFinite ? nil : $0.name }.compactMap { $0 }
  guard let first = damaged.sorted().first else { return }
  let others = damaged.count > 1 ? " and \(damaged.count - 1) more" : ""
  throw CompilerError(
    "tensor \(printable(first))\(others): holds what is no finite number; the file is damaged, "
      + "download or convert the model again")
}
