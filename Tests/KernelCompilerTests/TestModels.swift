import Foundation
import ModelFiles
import ModelGraph

/// A small decoder with random weights: what a test leaves alone is as plain as can be.
struct TestModel {
  var vocabulary = 37
  var hidden = 32
  var intermediate = 48
  var heads = 4
  var keyValueHeads = 2
  var headDimension = 16
  var layers = 1
  var contextLimit = 4096
  var window: Int?
  var headNorm = false
  var bias = false
  var tied = false
  var rotatedChannels: Int?
  var interleaved = false
  var magnitude: Float = 1
  var dynamic: Rope.DynamicScaling?
  var activation = Activation.silu
  var normStyle = Norm.Style.rms
  var normWeights = true
  var normBias = false
  /// Multiplies what a layer adds.
  var residualScale: Float = 1
  var logitScale: Float = 1
  var logitCap: Float?
  var format = WeightFormat.dense(.float32)
  /// By layer, for models of several formats.
  var formats: [WeightFormat] = []

  func graph(seed: UInt64 = 1) -> Graph {
    var weights = TestWeights(seed: seed)
    var build = GraphBuilder(
      modelType: "test", vocabulary: vocabulary, hidden: hidden, layers: layers,
      contextLimit: contextLimit)
    let table = weights.matrix(vocabulary, hidden, format)
    var x = build.embed("embedding", Embedding(weight: table, scale: tied ? 2 : 1))
    for layer in 0..<layers {
      build.layer = layer
      x = add(layer, x, &build, &weights)
    }
    build.layer = nil
    let normed = build.norm("final_norm", x, norm(hidden, &weights))
    let head = tied ? table : weights.matrix(vocabulary, hidden, format)
    var logits = build.linear("logits", normed, Linear(weight: head, bias: nil))
    if logitScale != 1 { logits = build.scale("logit_scale", logits, by: logitScale) }
    if let logitCap { logits = build.softcap("logit_cap", logits, limit: logitCap) }
    return build.graph(logits: logits)
  }

  private func add(
    _ layer: Int, _ x: Value.ID, _ build: inout GraphBuilder, _ weights: inout TestWeights
  ) -> Value.ID {
    let format = formats.isEmpty ? format : formats[layer]
    func linear(_ outputs: Int, _ inputs: Int, _ weights: inout TestWeights) -> Linear {
      Linear(
        weight: weights.matrix(outputs, inputs, format), bias: bias ? weights.bias(outputs) : nil)
    }
    let (queries, keys) = (heads * headDimension, keyValueHeads * headDimension)
    let h = build.norm("attention.norm", x, norm(hidden, &weights))
    var q = build.linear("attention.query", h, linear(queries, hidden, &weights))
    var k = build.linear("attention.key", h, linear(keys, hidden, &weights))
    let v = build.linear("attention.value", h, linear(keys, hidden, &weights))
    if headNorm {
      q = build.norm("attention.query_norm", q, norm(headDimension, &weights, heads: heads))
      k = build.norm("attention.key_norm", k, norm(headDimension, &weights, heads: keyValueHeads))
    }
    let attended = build.attention(
      "attention.attend", build.rope("attention.query_rope", q, rope(heads)),
      build.rope("attention.key_rope", k, rope(keyValueHeads)), v, heads: heads,
      keyValueHeads: keyValueHeads, scale: 1.5 / Float(headDimension).squareRoot(), window: window)
    var output = build.linear("attention.output", attended, linear(hidden, queries, &weights))
    if residualScale != 1 { output = build.scale("attention.scale", output, by: residualScale) }
    let y = build.add("attention.residual", x, output)
    let g = build.norm("mlp.norm", y, norm(hidden, &weights))
    let gate = build.linear("mlp.gate", g, linear(intermediate, hidden, &weights))
    let up = build.linear("mlp.up", g, linear(intermediate, hidden, &weights))
    let product = build.multiply(
      "mlp.product", build.activation("mlp.activation", gate, activation), up)
    let down = build.linear("mlp.down", product, linear(hidden, intermediate, &weights))
    return build.add("mlp.residual", y, down)
  }

  private func norm(_ columns: Int, _ weights: inout TestWeights, heads: Int = 1) -> Norm {
    Norm(
      style: normStyle, weight: normWeights ? weights.norm(columns) : nil,
      bias: normBias ? weights.bias(columns) : nil, epsilon: 1e-5, heads: heads)
  }

  private func rope(_ heads: Int) -> Rope {
    let channels = rotatedChannels ?? headDimension
    let base = Double(dynamic?.base ?? 100)
    let frequencies = stride(from: 0, to: channels, by: 2).map {
      Float(pow(base, -Double($0) / Double(channels)))
    }
    return Rope(
      heads: heads, headDimension: headDimension, inverseFrequencies: frequencies,
      magnitude: magnitude, interleaved: interleaved, dynamic: dynamic)
  }
}
