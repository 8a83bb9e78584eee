import ModelGraph

/// What one kernel computes: a cluster of operations, recognised.
struct FusedKernel {
  /// Of the operation that gives the kernel its name: "layers.0.mlp.gate".
  let role: String
  let layer: Int?
  let work: Work

  enum Work {
    case embed(Embedding, output: Value.ID)
    case heads(HeadProjections)
    case attention(Attention, query: Value.ID, output: Value.ID)
    case gated(GatedProjection)
    case residual(ResidualProjection)
    case logits(LogitProjection)
  }
}

/// What projections read: a value, normalised or as it is.
struct ProjectionInput {
  let value: Value.ID
  let norm: Norm?
}

/// Projections to the heads of one attention, each head finished where it is computed.
struct HeadProjections {
  let input: ProjectionInput
  let query: HeadProjection
  let key: HeadProjection
  let value: HeadProjection
  let attention: Attention
  /// What attention reads as its query.
  let output: Value.ID
}

/// One projection to heads, with what happens to every head after it.
struct HeadProjection {
  let role: String
  let linear: Linear
  let heads: Int
  let norm: Norm?
  let rope: Rope?
}

/// `output = activation(gate) * up`.
struct GatedProjection {
  let input: ProjectionInput
  let gate: Linear
  let up: Linear
  let activation: Activation
  let output: Value.ID
}

/// `output = residual + finish(linear(input))`.
struct ResidualProjection {
  let input: ProjectionInput
  let linear: Linear
  let finish: [Finish]
  let residual: Value.ID
  let output: Value.ID
}

/// The model's answer, for the rows that want one.
struct LogitProjection {
  let input: ProjectionInput
  let linear: Linear
  let finish: [Finish]
}
