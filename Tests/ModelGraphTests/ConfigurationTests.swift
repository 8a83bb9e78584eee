import JSON
import ModelFiles
import ModelGraph
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  /// One change to a llama's config.json and what must be said about it.
  struct Case: CustomTestStringConvertible, Sendable {
    let key: String
    let value: JSON?
    let message: String

    init(_ key: String, _ value: JSON?, _ message: String) {
      (self.key, self.value, self.message) = (key, value, message)
    }

    var testDescription: String { "\(key) = \(value?.text() ?? "absent")" }
  }

  @Test(arguments: [
    Case("model_type", nil, "config.json: model_type is missing"),
    Case("model_type", "martian", "model_type is \"martian\", expected one of llama, mistral"),
    Case("model_type", 3, "config.json: model_type is 3, expected a string"),
    Case("hidden_size", nil, "config.json: hidden_size is missing"),
    Case("hidden_size", 0, "config.json: hidden_size is 0, expected 1 to"),
    Case("hidden_size", -64, "config.json: hidden_size is -64, expected 1 to"),
    Case("hidden_size", "64", "config.json: hidden_size is \"64\", expected a whole number"),
    Case("hidden_size", 64.5, "config.json: hidden_size is 64.5, expected a whole number"),
    Case("hidden_size", .number(.nan), "hidden_size is NaN, expected a whole number"),
    Case("hidden_size", 1_000_000_000_000, "hidden_size is 1000000000000, expected 1 to"),
    Case("hidden_size", 72, "model.embed_tokens.weight: shape [320, 64], expected 72 columns"),
    Case("vocab_size", 321, "has 320 rows, but by config.json it should have 321"),
    Case("num_hidden_layers", 3, "tensor model.layers.2.input_layernorm.weight is missing"),
    Case("num_hidden_layers", 1, "tensor model.layers.1.input_layernorm.weight and 8 more"),
    Case(
      "num_hidden_layers", 1_099_511_627_776,
      "num_hidden_layers is 1099511627776, expected 1 to 4096"),
    Case("num_attention_heads", 3, "isn't a multiple of num_key_value_heads 2"),
    Case("num_attention_heads", [4], "num_attention_heads is an array, expected a whole number"),
    Case("num_key_value_heads", 0, "config.json: num_key_value_heads is 0"),
    Case("num_key_value_heads", nil, "has 32 rows, but by config.json it should have 64"),
    Case("head_dim", 32, "has 64 rows, but by config.json it should have 128"),
    Case("rms_norm_eps", 0, "rms_norm_eps is 0, expected a number greater than 0"),
    Case("rms_norm_eps", nil, "config.json: rms_norm_eps is missing"),
    Case("hidden_act", "mish", "hidden_act is \"mish\", expected silu"),
    Case("attention_bias", true, "tensor model.layers.0.self_attn.q_proj.bias is missing"),
    Case("attention_bias", 1, "config.json: attention_bias is 1, expected true or false"),
    Case("tie_word_embeddings", "no", "tie_word_embeddings is \"no\", expected true or false"),
    Case("rope_theta", -1, "config.json: rope_theta is -1, expected a number greater than 0"),
    Case("rope_scaling", "linear", "rope_scaling is \"linear\", expected an object"),
    Case(
      "rope_scaling", ["rope_type": "longrope"], "rope_scaling.rope_type is \"longrope\", expected"),
    Case("rope_scaling", ["type": "linear"], "config.json: rope_scaling.factor is missing"),
    Case("rope_scaling", ["type": "linear", "factor": 0], "rope_scaling.factor is 0, expected"),
    Case(
      "rope_scaling", ["type": "llama3", "factor": 8, "low_freq_factor": 4],
      "rope_scaling.high_freq_factor is missing, expected more than low_freq_factor"),
    Case("rope_parameters", ["full_attention": [:]], "accepted"),  // rope_scaling is there too
    Case("partial_rotary_factor", 1.5, "partial_rotary_factor is 1.5, expected at most 1"),
    Case("partial_rotary_factor", 0.01, "leaves 0 channels to rotate"),
    Case("layer_types", ["full_attention"], "layer_types has 1 entries for num_hidden_layers 2"),
    Case("layer_types", ["full_attention", "odd"], "layer_types is an array, expected"),
    Case(
      "layer_types", ["full_attention", "sliding_attention"],
      "config.json: sliding_window is missing"),
    Case("max_position_embeddings", 0, "max_position_embeddings is 0, expected 1 to"),
  ])
  func `a wrong key is refused by name`(_ case: Case) throws {
    let model = try ModelCopy("llama")
    try model.configure([(`case`.key, `case`.value)])
    let message = model.refusal()
    #expect(message.contains(`case`.message), "\(message)")
  }

  @Test func `a missing head_dim must follow from the hidden size`() throws {
    let model = try ModelCopy("llama")
    try model.configure([("head_dim", nil)])
    #expect(model.refusal() == "accepted")
    try model.configure([("num_attention_heads", 48), ("num_key_value_heads", 48)])
    #expect(
      model.refusal()
        == "config.json: head_dim is missing, and hidden_size 64 isn't divisible by 48 heads")
  }

  @Test func `an output head counts unless config.json ties it to the embedding`() throws {
    let model = try ModelCopy("llama")
    for (tied, isUsed) in [(false, true), (true, false), (nil, true)] as [(JSON?, Bool)] {
      try model.configure([("tie_word_embeddings", tied)])
      let names = try model.graph().tensors.map(\.name)
      #expect(names.contains("lm_head.weight") == isUsed, "\(tied?.text() ?? "absent")")
    }
    let headless = try ModelCopy("qwen3")
    try headless.configure([("tie_word_embeddings", nil)])
    #expect(headless.refusal() == "accepted")
  }

  @Test func `weights of another architecture are refused`() throws {
    let model = try ModelCopy("qwen3")
    try model.configure([("model_type", "llama")])
    #expect(model.refusal().hasPrefix("tensor model.layers.0.self_attn."))
    #expect(model.refusal().contains("not a part of a llama model"))
  }

  @Test(arguments: [
    "model.layers.0.self_attn.rotary_emb.inv_freq", "model.layers.1.self_attn.k_scale",
    "model.layers.1.self_attn.v_proj.v_scale",
  ])
  func `what nothing is computed with is passed over`(_ name: String) throws {
    let model = try ModelCopy("llama")
    try model.addTensor(name)
    #expect(model.refusal() == "accepted")
    try model.addTensor("model.layers.1.self_attn.sinks")
    #expect(model.refusal().contains("self_attn.sinks: not a part of a llama model"))
  }

  @Test func `only layer_types makes a window`() throws {
    let model = try ModelCopy("mistral")
    #expect(try model.graph().attentionLayers.map(\.window) == [nil, nil])
    try model.configure([("layer_types", ["full_attention", "sliding_attention"])])
    #expect(try model.graph().attentionLayers.map(\.window) == [nil, 16])
  }
}

@Suite struct DamagedModelTests {
  @Test(arguments: ["qwen3-mixed", "llama-f16"])
  func `damage to config.json or a header ends in an error or a graph`(_ fixture: String) throws {
    let model = try ModelCopy(fixture)
    var random = SeededRandom(seed: 7)
    for file in ["config.json", "model.safetensors"] {
      let whole = try model.read(file)
      for _ in 0..<60 {
        var damaged = whole
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let position = Int.random(in: 0..<min(whole.count, 8000), using: &random)
          // Digits and brackets do more harm than bytes that end in a JSON error.
          damaged[position] =
            Array("0123456789-e.[]{}\",:nt".utf8).randomElement(using: &random) ?? 0
        }
        try model.write(damaged, to: file)
        if let graph = try? model.graph() { #expect(!printGraph(graph).isEmpty) }
      }
      try model.write(whole, to: file)
    }
    #expect(model.refusal() == "accepted")
  }

  @Test func `a model cut off at any length is refused`() throws {
    let model = try ModelCopy("llama-q4-g64")
    let whole = try model.read("model.safetensors")
    for length in stride(from: 0, to: whole.count, by: whole.count / 20) {
      try model.write(Array(whole[..<length]), to: "model.safetensors")
      #expect(model.refusal().hasPrefix("model.safetensors: "), "\(length) bytes")
    }
  }
}
