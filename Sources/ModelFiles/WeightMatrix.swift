/// A matrix of weights as the model directory stores it, dense or quantised.
public struct WeightMatrix: Sendable {
  /// Module path, without `.weight`: "model.layers.0.self_attn.q_proj".
  public let path: String
  /// Outputs of a projection, entries of an embedding.
  public let rows: Int
  /// Inputs of a projection, width of an embedding.
  public let columns: Int
  public let format: WeightFormat
  /// Dense: (rows, columns). Quantised: uint32 words, (rows, columns * bits / 32), each row one
  /// little-endian bit stream.
  public let weight: StoredTensor
  /// Quantised: (rows, columns / group size).
  public let scales: StoredTensor?
  /// Affine: (rows, columns / group size).
  public let biases: StoredTensor?

  public init(
    path: String, rows: Int, columns: Int, format: WeightFormat, weight: StoredTensor,
    scales: StoredTensor? = nil, biases: StoredTensor? = nil
  ) {
    self.path = path
    self.rows = rows
    self.columns = columns
    self.format = format
    self.weight = weight
    self.scales = scales
    self.biases = biases
  }
}

/// How a matrix's weights are stored.
public enum WeightFormat: Hashable, Sendable {
  /// One element per weight: float32, float16 or bfloat16.
  case dense(ScalarType)
  /// MLX affine quantisation: `weight = code * scale + bias`, a scale and a bias per group of
  /// columns. `scaleType` is float32, float16 or bfloat16.
  case affine(bits: Int, groupSize: Int, scaleType: ScalarType)
}
