import ModelFiles

/// What a graph reads from the model's files.
extension Graph {
  /// Every stored tensor, once, in the order of use.
  public var tensors: [StoredTensor] {
    var seen: Set<String> = []
    return operations.flatMap(\.tensors).filter { seen.insert($0.name).inserted }
  }

  /// Bytes of all weights as they are stored; shared ones count once.
  public var weightBytes: Int { tensors.reduce(0) { $0 + $1.bytes.count } }

  /// Layers with a cache of keys and values.
  public var attentionLayers: [Attention] {
    operations.compactMap { if case .attention(let attention) = $0.kind { attention } else { nil } }
  }
}

extension Operation {
  /// The stored tensors that the operation reads.
  public var tensors: [StoredTensor] {
    switch kind {
    case .embed(let embedding): embedding.weight.tensors
    case .norm(let norm): [norm.weight, norm.bias].compactMap { $0 }
    case .linear(let linear): linear.weight.tensors + [linear.bias].compactMap { $0 }
    case .rope, .attention, .activation, .multiply, .add, .scale, .softcap: []
    }
  }
}
