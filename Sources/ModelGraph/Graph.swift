import ModelFiles

/// A model as an ordered list of operations over values of `rows x columns`.
///
/// *rows*, the number of tokens in a step, is the only size not known when the graph is built. The
/// compiler and the generic backend consume the same graph, so a new architecture works in both.
public struct Graph: Sendable {
  /// config.json's `model_type`.
  public let modelType: String
  public let vocabulary: Int
  /// Columns of the residual stream.
  public let hidden: Int
  public let layers: Int
  /// Most positions of one sequence that the model was made for (`max_position_embeddings`).
  public let contextLimit: Int
  public internal(set) var values: [Value] = []
  /// In an order in which every value is written before it is read; each value is written once.
  public internal(set) var operations: [Operation] = []
  /// What the model answers with: `rows x vocabulary`.
  public internal(set) var logits: Value.ID?

  public init(modelType: String, vocabulary: Int, hidden: Int, layers: Int, contextLimit: Int) {
    self.modelType = modelType
    self.vocabulary = vocabulary
    self.hidden = hidden
    self.layers = layers
    self.contextLimit = contextLimit
  }
}

/// One intermediate result, float32, of `rows x columns`.
public struct Value: Sendable, Identifiable {
  public struct ID: Hashable, Sendable {
    public let index: Int
  }

  public let id: ID
  public let columns: Int
}

extension Graph {
  public subscript(id: Value.ID) -> Value { values[id.index] }

  /// The operation that writes a value; nil for none, which a finished graph doesn't have.
  public func producer(of value: Value.ID) -> Operation? {
    operations.first { $0.output == value }
  }

  /// The operations that read a value, in order.
  public func consumers(of value: Value.ID) -> [Operation] {
    operations.filter { $0.inputs.contains(value) }
  }
}
