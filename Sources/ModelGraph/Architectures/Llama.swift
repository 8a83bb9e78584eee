/// Llama: the layers that most dense decoders share. Twin of mlx-lm's llama.py.
struct Llama: Architecture {
  let shape: DecoderShape
  let rope: RopeScaling
  let contextLimit: Int
  let activation: Activation
  let attentionBias: Bool
  let mlpBias: Bool
  /// By layer: how many positions a row sees, nil for all.
  let windows: [Int?]

  init(_ settings: ModelSettings) throws { try self.init(settings, defaultPositions: 2048) }

  init(_ settings: ModelSettings, defaultPositions: Int) throws {
    shape = try DecoderShape(settings)
    let positions = try DecoderShape.trainedPositions(settings, default: defaultPositions)
    rope = try RopeScaling(
      settings, headDimension: shape.headDimension, defaultTheta: 10_000,
      trainedPositions: positions)
    contextLimit = shape.contextLimit(trainedPositions: positions, rope)
    activation = try settings.activation("hidden_act", default: .silu)
    attentionBias = try settings.flag("attention_bias", default: false)
    mlpBias = try settings.flag("mlp_bias", default: false)
    windows = try settings.attentionWindows(layers: shape.layers)
  }

  func graph(_ weights: ModelWeights) throws -> Graph {
    try shape.decoder(weights, contextLimit: contextLimit) { build, x, weights, layer in
      try shape.preNormLayer(&build, x, weights) { build, h, weights in
        let style = AttentionStyle(
          bias: attentionBias, outputBias: attentionBias, window: windows[layer])
        return try shape.attention(&build, h, weights, rope, style)
      } mlp: { build, h, weights in
        try shape.gatedMLP(&build, h, weights, activation, bias: mlpBias)
      }
    }
  }
}
