import ModelFiles

/// The sizes that decoder-only transformers have in common, checked against each other.
struct DecoderShape {
  let modelType: String
  let vocabulary: Int
  let hidden: Int
  let layers: Int
  let intermediate: Int
  let heads: Int
  let keyValueHeads: Int
  let headDimension: Int
  let epsilon: Float
  /// Whether the embedding serves as output head too; nil where config.json doesn't say.
  let tied: Bool?

  init(_ settings: ModelSettings) throws {
    modelType = try settings.string("model_type", default: "")
    vocabulary = try settings.size("vocab_size")
    hidden = try settings.size("hidden_size", limit: 1 << 18)
    layers = try settings.size("num_hidden_layers", limit: 4096)
    intermediate = try settings.size("intermediate_size", limit: 1 << 20)
    heads = try settings.size("num_attention_heads", limit: 1 << 14)
    keyValueHeads = try settings.size("num_key_value_heads", default: heads, limit: 1 << 14)
    guard heads % keyValueHeads == 0 else {
      throw settings.error(
        "num_attention_heads \(heads) isn't a multiple of num_key_value_heads \(keyValueHeads)")
    }
    headDimension = try Self.headDimension(settings, hidden: hidden, heads: heads)
    epsilon = Float(try settings.positive("rms_norm_eps"))
    tied = try settings.optionalFlag("tie_word_embeddings")
  }

  var queryColumns: Int { heads * headDimension }
  var keyColumns: Int { keyValueHeads * headDimension }

  private static func headDimension(
    _ settings: ModelSettings, hidden: Int, heads: Int
  ) throws -> Int {
    if settings.has("head_dim") { return try settings.size("head_dim", limit: 1 << 12) }
    guard hidden % heads == 0 else {
      throw settings.error(
        "head_dim is missing, and hidden_size \(hidden) isn't divisible by \(heads) heads")
    }
    return hidden / heads
  }
}

extension DecoderShape {
  /// Positions are 32-bit numbers in `model_step`.
  static let positionLimit = 1 << 30

  /// `max_position_embeddings`, or how far the rope scaling stretches it.
  func contextLimit(trainedPositions: Int, _ rope: RopeScaling) -> Int {
    max(trainedPositions, rope.positions ?? 0)
  }

  static func trainedPositions(_ settings: ModelSettings, default fallback: Int) throws -> Int {
    try settings.size("max_position_embeddings", default: fallback, limit: positionLimit)
  }
}
