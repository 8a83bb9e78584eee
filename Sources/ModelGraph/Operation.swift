import ModelFiles

/// One step of the model's mathematics: what it computes, from which values, into which value.
public struct Operation: Sendable {
  /// What it does in the model, unique in the graph: "layers.0.attention.query".
  public let role: String
  /// Decoder layer it belongs to; nil before the first and after the last.
  public let layer: Int?
  public let kind: Kind
  public let inputs: [Value.ID]
  public let output: Value.ID

  public enum Kind: Sendable {
    /// `output[r] = table[token[r]] * scale`; no inputs.
    case embed(Embedding)
    /// Normalises every row, or every head of a row by itself.
    case norm(Norm)
    /// `output = input · weightᵀ + bias`.
    case linear(Linear)
    /// Rotates pairs of channels of every head by the row's position.
    case rope(Rope)
    /// Causal attention of inputs (query, key, value) over the sequence's cache; writes the cache.
    case attention(Attention)
    /// `output = function(input)`, element by element.
    case activation(Activation)
    /// `output = left * right`, element by element.
    case multiply
    /// `output = left + right`, element by element.
    case add
    /// `output = input * factor`.
    case scale(Float)
    /// `output = limit * tanh(input / limit)`.
    case softcap(Float)
  }
}

/// A lookup table of `vocabulary x hidden`, dense or quantised.
public struct Embedding: Sendable {
  public let weight: WeightMatrix
  public let scale: Float

  public init(weight: WeightMatrix, scale: Float = 1) {
    self.weight = weight
    self.scale = scale
  }
}

public struct Norm: Sendable {
  public enum Style: Sendable { case rms, layer }

  public let style: Style
  /// (columns / heads) multiplied after normalising; nil for a norm without weights.
  public let weight: StoredTensor?
  /// (columns / heads) added at the end.
  public let bias: StoredTensor?
  /// Added to every weight: 1 for models that store `weight - 1`.
  public let weightOffset: Float
  public let epsilon: Float
  /// 1 normalises the whole row; more normalise each head's channels by themselves.
  public let heads: Int

  public init(
    style: Style = .rms, weight: StoredTensor?, bias: StoredTensor? = nil, weightOffset: Float = 0,
    epsilon: Float, heads: Int = 1
  ) {
    self.style = style
    self.weight = weight
    self.bias = bias
    self.weightOffset = weightOffset
    self.epsilon = epsilon
    self.heads = heads
  }
}

/// A projection of `inputs -> outputs`.
public struct Linear: Sendable {
  /// (outputs, inputs)
  public let weight: WeightMatrix
  /// (outputs)
  public let bias: StoredTensor?

  public init(weight: WeightMatrix, bias: StoredTensor? = nil) {
    self.weight = weight
    self.bias = bias
  }
}

/// Rotary position embedding (Su et al., RoFormer, 2021) with its scalings already worked out.
public struct Rope: Sendable {
  public let heads: Int
  public let headDimension: Int
  /// (rotated channels / 2) angle per position of each pair, in radians, scalings included.
  public let inverseFrequencies: [Float]
  /// Multiplies the rotated channels (yarn's mscale); 1 otherwise.
  public let magnitude: Float
  /// Pairs are (2i, 2i+1) instead of (i, i + half).
  public let interleaved: Bool
  /// Where the frequencies depend on how far the sequence has come.
  public let dynamic: DynamicScaling?

  public init(
    heads: Int, headDimension: Int, inverseFrequencies: [Float], magnitude: Float = 1,
    interleaved: Bool = false, dynamic: DynamicScaling? = nil
  ) {
    self.heads = heads
    self.headDimension = headDimension
    self.inverseFrequencies = inverseFrequencies
    self.magnitude = magnitude
    self.interleaved = interleaved
    self.dynamic = dynamic
  }

  /// The base grows once a position passes the limit: for a row at position p with length
  /// `n = p + 1 > limit`, base' = base * (factor * n / limit - (factor - 1)) ^ (d / (d - 2)), d the
  /// rotated channels. Taking n from the row itself keeps a row's result its own.
  public struct DynamicScaling: Sendable, Equatable {
    public let base: Float
    public let factor: Float
    public let limit: Int

    public init(base: Float, factor: Float, limit: Int) {
      self.base = base
      self.factor = factor
      self.limit = limit
    }
  }

  /// Channels of each head that are rotated; the others pass through.
  public var rotatedChannels: Int { inverseFrequencies.count * 2 }
}

/// Scaled dot-product attention with grouped queries over the cache of one layer.
public struct Attention: Sendable {
  /// Which cache: 0 to the number of attention layers - 1, in order.
  public let cache: Int
  public let heads: Int
  public let keyValueHeads: Int
  public let headDimension: Int
  /// Multiplies query · key.
  public let scale: Float
  /// A row at position p sees positions p - window + 1 … p; nil sees all up to p.
  public let window: Int?

  public init(
    cache: Int, heads: Int, keyValueHeads: Int, headDimension: Int, scale: Float, window: Int? = nil
  ) {
    self.cache = cache
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.scale = scale
    self.window = window
  }
}

public enum Activation: String, Sendable {
  case silu, gelu, geluTanh, relu
}
