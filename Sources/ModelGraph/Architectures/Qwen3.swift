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
      let h = build.norm("attention.norm", x, try shape.norm(weights, "input_layernorm"))
      let attended = try attention(&build, h, weights.at("self_attn"))
      let x = build.add("attention.residual", x, attended)
      let g = build.norm("mlp.norm", x, try shape.norm(weights, "post_attention_layernorm"))
      let fed = try shape.gatedMLP(&build, g, weights.at("mlp"), activation)
      return build.add("mlp.residual", x, fed)
    }
  }

  private func attention(
    _ build: inout GraphBuilder, _ x: Value.ID, _ weights: ModelWeights
  ) throws -> Value.ID {
    let (hidden, queryColumns, keyColumns) = (shape.hidden, shape.queryColumns, shape.keyColumns)
    func project(_ path: String, to outputs: Int) throws -> Linear {
      try weights.linear(path, inputs: hidden, outputs: outputs, bias: attentionBias)
    }
    let query = build.linear("attention.query", x, try project("q_proj", to: queryColumns))
    let key = build.linear("attention.key", x, try project("k_proj", to: keyColumns))
    let value = build.linear("attention.value", x, try project("v_proj", to: keyColumns))
    let queryNorm = try shape.headNorm(weights, "q_norm", heads: shape.heads)
    let keyNorm = try shape.headNorm(weights, "k_norm", heads: shape.keyValueHeads)
    let query1 = build.norm("attention.query_norm", query, queryNorm)
    let key1 = build.norm("attention.key_norm", key, keyNorm)
    let attended = build.attention(
      "attention.attend",
      build.rope("attention.query_rope", query1, shape.queryRope(rope)),
      build.rope("attention.key_rope", key1, shape.keyRope(rope)),
      value, heads: shape.heads, keyValueHeads: shape.keyValueHeads, scale: shape.attentionScale)
    let output = try weights.linear(
      "o_proj", inputs: queryColumns, outputs: hidden, bias: attentionBias)
    return build.linear("attention.output", attended, output)
  }
}
