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
    let head =
      tied
      ? Linear(weight: embedding.weight)
      : try weights.linear("lm_head", inputs: hidden, outputs: vocabulary)
    let logits = build.linear("logits", x, head)
    return build.graph(logits: logits)
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
