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
      let h = build.norm("attention.norm", x, try shape.norm(weights, "input_layernorm"))
      let attended = try attention(&build, h, weights.at("self_attn"), window: windows[layer])
      let x = build.add("attention.residual", x, attended)
      let g = build.norm("mlp.norm", x, try shape.norm(weights, "post_attention_layernorm"))
      let fed = try shape.gatedMLP(&build, g, weights.at("mlp"), activation, bias: mlpBias)
      return build.add("mlp.residual", x, fed)
    }
  }

  private func attention(
    _ build: inout GraphBuilder, _ x: Value.ID, _ weights: ModelWeights, window: Int?
  ) throws -> Value.ID {
    let (hidden, queryColumns, keyColumns) = (shape.hidden, shape.queryColumns, shape.keyColumns)
    func project(_ path: String, to outputs: Int) throws -> Linear {
      try weights.linear(path, inputs: hidden, outputs: outputs, bias: attentionBias)
    }
    let query = build.linear("attention.query", x, try project("q_proj", to: queryColumns))
    let key = build.linear("attention.key", x, try project("k_proj", to: keyColumns))
    let value = build.linear("attention.value", x, try project("v_proj", to: keyColumns))
    let attended = build.attention(
      "attention.attend",
      build.rope("attention.query_rope", query, shape.queryRope(rope)),
      build.rope("attention.key_rope", key, shape.keyRope(rope)),
      value, heads: shape.heads, keyValueHeads: shape.keyValueHeads, scale: shape.attentionScale,
      window: window)
    let output = try weights.linear(
      "o_proj", inputs: queryColumns, outputs: hidden, bias: attentionBias)
    return build.linear("attention.output", attended, output)
  }
}
