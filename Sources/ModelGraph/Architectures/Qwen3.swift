/// Qwen3: no biases, and a norm on every head's query and key before the rotation. Twin of mlx-lm's
/// qwen3.py.
struct Qwen3: Architecture {
  let shape: DecoderShape
  let rope: RopeScaling
  let contextLimit: Int
  let activation: Activation
  let attentionBias: Bool

  init(_ settings: ModelSettings) throws {
    shape = try DecoderShape(settings)
    let positions = try DecoderShape.trainedPositions(settings, default: 32_768)
    rope = try RopeScaling(
      settings, headDimension: shape.headDimension, defaultTheta: 1_000_000,
      trainedPositions: positions)
    contextLimit = shape.contextLimit(trainedPositions: positions, rope)
    activation = try settings.activation("hidden_act", default: .silu)
    attentionBias = try settings.flag("attention_bias", default: false)
  }

  func graph(_ weights: ModelWeights) throws -> Graph {
    try shape.decoder(weights, contextLimit: contextLimit) { build, x, weights, _ in
      try shape.preNormLayer(&build, x, weights) { build, h, weights in
        let style = AttentionStyle(
          bias: attentionBias, outputBias: attentionBias, headNorms: true)
        return try shape.attention(&build, h, weights, rope, style)
      } mlp: { build, h, weights in
        try shape.gatedMLP(&build, h, weights, activation)
      }
    }
  }
}
