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
      try weights.linear(path, inputs: hidden, outputs: outputs, bias: true)
    }
    let query = build.linear("attention.query", x, try project("q_proj", to: queryColumns))
    let key = build.linear("attention.key", x, try project("k_proj", to: keyColumns))
    let value = build.linear("attention.value", x, try project("v_proj", to: keyColumns))
    let attended = build.attention(
      "attention.attend",
      build.rope("attention.query_rope", query, shape.queryRope(rope)),
      build.rope("attention.key_rope", key, shape.keyRope(rope)),
      value, heads: shape.heads, keyValueHeads: shape.keyValueHeads, scale: shape.attentionScale)
    let output = try weights.linear("o_proj", inputs: queryColumns, outputs: hidden)
    return build.linear("attention.output", attended, output)
  }
}
