import ModelFiles

/// Appends operations to a graph, one call each, so that an architecture reads like the model it
/// describes. Sizes that don't fit are a mistake of the caller and are asserted; what comes out of
/// files is checked before, in `ModelWeights` and `ModelSettings`.
public struct GraphBuilder {
  private var graph: Graph
  private var caches = 0
  /// The decoder layer that operations are appended to: their roles start with "layers.N.".
  public var layer: Int?

  public init(modelType: String, vocabulary: Int, hidden: Int, layers: Int, contextLimit: Int) {
    graph = Graph(
      modelType: modelType, vocabulary: vocabulary, hidden: hidden, layers: layers,
      contextLimit: contextLimit)
  }

  public mutating func embed(_ role: String, _ embedding: Embedding) -> Value.ID {
    append(role, .embed(embedding), [], columns: embedding.weight.columns)
  }

  public mutating func norm(_ role: String, _ input: Value.ID, _ norm: Norm) -> Value.ID {
    let columns = columns(input)
    precondition(columns % norm.heads == 0, "\(role): \(columns) columns, \(norm.heads) heads")
    for tensor in [norm.weight, norm.bias].compactMap({ $0 }) {
      precondition(tensor.elementCount == columns / norm.heads, "\(role): \(tensor.summary)")
    }
    return append(role, .norm(norm), [input], columns: columns)
  }

  public mutating func linear(_ role: String, _ input: Value.ID, _ linear: Linear) -> Value.ID {
    let weight = linear.weight
    precondition(columns(input) == weight.columns, "\(role): \(columns(input)) columns")
    precondition(linear.bias.map { $0.elementCount == weight.rows } ?? true, "\(role): bias")
    return append(role, .linear(linear), [input], columns: weight.rows)
  }

  public mutating func rope(_ role: String, _ input: Value.ID, _ rope: Rope) -> Value.ID {
    precondition(columns(input) == rope.heads * rope.headDimension, "\(role): \(columns(input))")
    precondition(rope.rotatedChannels <= rope.headDimension, "\(role): \(rope.rotatedChannels)")
    return append(role, .rope(rope), [input], columns: columns(input))
  }

  /// Attention over the cache of its own that every call gets, in order.
  public mutating func attention(
    _ role: String, _ query: Value.ID, _ key: Value.ID, _ value: Value.ID, heads: Int,
    keyValueHeads: Int, scale: Float, window: Int? = nil
  ) -> Value.ID {
    let headDimension = columns(query) / heads
    precondition(heads % keyValueHeads == 0 && columns(query) == heads * headDimension, role)
    precondition(columns(key) == keyValueHeads * headDimension, "\(role): \(columns(key))")
    precondition(columns(value) == columns(key), "\(role): \(columns(value))")
    let attention = Attention(
      cache: caches, heads: heads, keyValueHeads: keyValueHeads, headDimension: headDimension,
      scale: scale, window: window)
    caches += 1
    return append(role, .attention(attention), [query, key, value], columns: columns(query))
  }

  public mutating func activation(
    _ role: String, _ input: Value.ID, _ function: Activation
  ) -> Value.ID {
    append(role, .activation(function), [input], columns: columns(input))
  }

  public mutating func multiply(
    _ role: String, _ left: Value.ID, _ right: Value.ID
  ) -> Value.ID {
    precondition(columns(left) == columns(right), role)
    return append(role, .multiply, [left, right], columns: columns(left))
  }

  public mutating func add(_ role: String, _ left: Value.ID, _ right: Value.ID) -> Value.ID {
    precondition(columns(left) == columns(right), role)
    return append(role, .add, [left, right], columns: columns(left))
  }

  public mutating func scale(_ role: String, _ input: Value.ID, by factor: Float) -> Value.ID {
    append(role, .scale(factor), [input], columns: columns(input))
  }

  public mutating func softcap(_ role: String, _ input: Value.ID, limit: Float) -> Value.ID {
    append(role, .softcap(limit), [input], columns: columns(input))
  }

  /// The finished graph, which answers with `logits`.
  public func graph(logits: Value.ID) -> Graph {
    precondition(columns(logits) == graph.vocabulary, "logits: \(columns(logits)) columns")
    var finished = graph
    finished.logits = logits
    return finished
  }

  public func columns(_ value: Value.ID) -> Int { graph[value].columns }

  private mutating func append(
    _ role: String, _ kind: Operation.Kind, _ inputs: [Value.ID], columns: Int
  ) -> Value.ID {
    let output = Value.ID(index: graph.values.count)
    graph.values.append(Value(id: output, columns: columns))
    let role = layer.map { "layers.\($0).\(role)" } ?? role
    graph.operations.append(
      Operation(role: role, layer: layer, kind: kind, inputs: inputs, output: output))
    return output
  }
}
