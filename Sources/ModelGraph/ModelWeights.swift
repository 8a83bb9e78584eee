import ModelFiles

/// A model directory's tensors under a common prefix, as the parameters of graph operations. Shapes
/// are checked against what config.json makes them.
struct ModelWeights {
  let model: ModelDirectory
  /// "" or ends in a dot.
  private let prefix: String

  init(_ model: ModelDirectory) { self.init(model, prefix: "") }

  private init(_ model: ModelDirectory, prefix: String) {
    self.model = model
    self.prefix = prefix
  }

  /// The weights of a submodule.
  func at(_ path: String) -> ModelWeights { ModelWeights(model, prefix: prefix + path + ".") }

  func contains(_ name: String) -> Bool { model.tensors.contains(prefix + name) }

  func embedding(_ path: String, vocabulary: Int, hidden: Int) throws -> Embedding {
    Embedding(weight: try matrix(path, rows: vocabulary, columns: hidden))
  }

  func rmsNorm(
    _ path: String, columns: Int, epsilon: Float, heads: Int = 1
  ) throws -> Norm {
    let weight = try model.vector(prefix + path + ".weight", count: columns)
    return Norm(weight: weight, epsilon: epsilon, heads: heads)
  }

  /// A projection. A bias in the file is used whether or not config.json expects one; one that is
  /// expected must be there.
  func linear(_ path: String, inputs: Int, outputs: Int, bias: Bool = false) throws -> Linear {
    let biasName = prefix + path + ".bias"
    let hasBias = bias || contains(path + ".bias")
    return Linear(
      weight: try matrix(path, rows: outputs, columns: inputs),
      bias: hasBias ? try model.vector(biasName, count: outputs) : nil)
  }

  private func matrix(_ path: String, rows: Int, columns: Int) throws -> WeightMatrix {
    let matrix = try model.weightMatrix(prefix + path, columns: columns)
    guard matrix.rows == rows else {
      throw ModelError(
        "tensor \(matrix.weight.name): has \(matrix.rows) rows, but by config.json it should have "
          + "\(rows)")
    }
    return matrix
  }
}
