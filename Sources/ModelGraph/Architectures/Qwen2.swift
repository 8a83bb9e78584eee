/// Qwen2 and Qwen2.5: Llama with biases on query, key and value. Twin of mlx-lm's qwen2.py, which
/// attends to everything, whatever `sliding_window` says.
struct Qwen2: Architecture {
  let shape: DecoderShape
  let rope: RopeScaling
  let contextLimit: Int
  let activation: Activation

  init(_ settings: ModelSettings) throws {
    shape = try DecoderShape(settings)
    let positions = try DecoderShape.trainedPositions(settings, default: 32_768)
    rope = try RopeScaling(
      settings, headDimension: shape.headDimension, defaultTheta: 1_000_000,
      trainedPositions: positions)
    contextLimit = shape.contextLimit(trainedPositions: positions, rope)
    activation = try settings.activation("hidden_act", default: .silu)
  }

  func graph(_ weights: ModelWeights) throws -> Graph {
    try shape.decoder(weights, contextLimit: contextLimit) { build, x, weights, _ in
      try shape.preNormLayer(&build, x, weights) { build, h, weights in
        let style = AttentionStyle(bias: true)
        return try shape.attention(&build, h, weights, rope, style)
      } mlp: { build, h, weights in
        try shape.gatedMLP(&build, h, weights, activation)
      }
    }
  }
}
