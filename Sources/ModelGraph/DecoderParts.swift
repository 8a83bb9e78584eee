import ModelFiles

/// What architecture files are put together from: the parts that decoders write the same way.
extension DecoderShape {
  /// Appends one decoder layer to the graph and returns its output.
  typealias Layer = (
    _ build: inout GraphBuilder, _ x: Value.ID, _ weights: ModelWeights, _ layer: Int
  ) throws -> Value.ID

  /// Embedding, layers, final norm and output head.
  func decoder(
    _ weights: ModelWeights, contextLimit: Int, layer: Layer
  ) throws -> Graph {
    var build = GraphBuilder(
      modelType: modelType, vocabulary: vocabulary, hidden: hidden, layers: layers,
      contextLimit: contextLimit)
    let embedding = try weights.embedding(
      "model.embed_tokens", vocabulary: vocabulary, hidden: hidden)
    var x = build.embed("embedding", embedding)
    for index in 0..<layers {
      build.layer = index
      x = try layer(&build, x, weights.at("model.layers.\(index)"), index)
    }
    build.layer = nil
    x = build.norm("final_norm", x, try norm(weights, "model.norm"))
    // Families differ in what an absent key means, but a head of its own is there for a reason.
    let head =
      tied ?? !weights.contains("lm_head.weight")
      ? Linear(weight: embedding.weight)
      : try weights.linear("lm_head", inputs: hidden, outputs: vocabulary)
    let logits = build.linear("logits", x, head)
    return build.graph(logits: logits)
  }

  /// `x + attention(norm(x))`, and then `x + mlp(norm(x))`.
  func preNormLayer(
    _ build: inout GraphBuilder, _ x: Value.ID, _ weights: ModelWeights,
    attention: (inout GraphBuilder, Value.ID, ModelWeights) throws -> Value.ID,
    mlp: (inout GraphBuilder, Value.ID, ModelWeights) throws -> Value.ID
  ) throws -> Value.ID {
    let h = build.norm("attention.norm", x, try norm(weights, "input_layernorm"))
    let attended = try attention(&build, h, weights.at("self_attn"))
    let x = build.add("attention.residual", x, attended)
    let g = build.norm("mlp.norm", x, try norm(weights, "post_attention_layernorm"))
    return build.add("mlp.residual", x, try mlp(&build, g, weights.at("mlp")))
  }

  /// Attention with rotated queries and keys.
  func attention(
    _ build: inout GraphBuilder, _ x: Value.ID, _ weights: ModelWeights, _ rope: RopeScaling,
    _ style: AttentionStyle
  ) throws -> Value.ID {
    func project(_ path: String, to outputs: Int) throws -> Linear {
      try weights.linear(path, inputs: hidden, outputs: outputs, bias: style.bias)
    }
    var query = build.linear("attention.query", x, try project("q_proj", to: queryColumns))
    var key = build.linear("attention.key", x, try project("k_proj", to: keyColumns))
    let value = build.linear("attention.value", x, try project("v_proj", to: keyColumns))
    if style.headNorms {
      let queryNorm = try headNorm(weights, "q_norm", heads: heads)
      let keyNorm = try headNorm(weights, "k_norm", heads: keyValueHeads)
      query = build.norm("attention.query_norm", query, queryNorm)
      key = build.norm("attention.key_norm", key, keyNorm)
    }
    let attended = build.attention(
      "attention.attend",
      build.rope("attention.query_rope", query, queryRope(rope)),
      build.rope("attention.key_rope", key, keyRope(rope)),
      value, heads: heads, keyValueHeads: keyValueHeads, scale: attentionScale,
      window: style.window)
    let output = try weights.linear(
      "o_proj", inputs: queryColumns, outputs: hidden, bias: style.outputBias)
    return build.linear("attention.output", attended, output)
  }

  /// `down(activation(gate(x)) * up(x))`
  func gatedMLP(
    _ build: inout GraphBuilder, _ x: Value.ID, _ weights: ModelWeights, _ activation: Activation,
    bias: Bool = false
  ) throws -> Value.ID {
    func project(_ path: String, _ inputs: Int, _ outputs: Int) throws -> Linear {
      try weights.linear(path, inputs: inputs, outputs: outputs, bias: bias)
    }
    let gate = build.linear("mlp.gate", x, try project("gate_proj", hidden, intermediate))
    let up = build.linear("mlp.up", x, try project("up_proj", hidden, intermediate))
    let activated = build.activation("mlp.activation", gate, activation)
    let product = build.multiply("mlp.product", activated, up)
    return build.linear("mlp.down", product, try project("down_proj", intermediate, hidden))
  }

  /// A norm over the residual stream.
  func norm(_ weights: ModelWeights, _ path: String) throws -> Norm {
    try weights.rmsNorm(path, columns: hidden, epsilon: epsilon)
  }

  /// A norm over every head by itself.
  func headNorm(_ weights: ModelWeights, _ path: String, heads: Int) throws -> Norm {
    try weights.rmsNorm(path, columns: headDimension, epsilon: epsilon, heads: heads)
  }

  func queryRope(_ rope: RopeScaling) -> Rope {
    rope.rope(heads: heads, headDimension: headDimension)
  }

  func keyRope(_ rope: RopeScaling) -> Rope {
    rope.rope(heads: keyValueHeads, headDimension: headDimension)
  }

  var attentionScale: Float { 1 / Float(headDimension).squareRoot() }
}

/// What decoders' attention differs in.
struct AttentionStyle {
  /// On query, key and value.
  var bias = false
  var outputBias = false
  /// A norm on every head's query and key before the rotation.
  var headNorms = false
  /// How many positions a row sees, nil for all.
  var window: Int?
}

extension ModelSettings {
  /// An activation by the name transformers gives it.
  func activation(_ key: String, default fallback: Activation) throws -> Activation {
    switch try string(key, default: "") {
    case "": fallback
    case "silu", "swish": .silu
    case "gelu": .gelu
    case "gelu_new", "gelu_pytorch_tanh": .geluTanh
    case "relu": .relu
    default: throw wrong(key, "silu, gelu, gelu_pytorch_tanh or relu")
    }
  }

  /// How many positions a row sees in each layer; nil for all. Only `layer_types` makes a window.
  func attentionWindows(layers: Int) throws -> [Int?] {
    guard let types = try strings("layer_types") else {
      return [Int?](repeating: nil, count: layers)
    }
    guard types.count == layers else {
      throw error("layer_types has \(types.count) entries for num_hidden_layers \(layers)")
    }
    return try types.map { type in
      switch type {
      case "full_attention": nil
      case "sliding_attention":
        try size("sliding_window", limit: DecoderShape.positionLimit)
      default: throw wrong("layer_types", "full_attention or sliding_attention in every entry")
      }
    }
  }
}
