import ModelGraph

extension GraphReader {
  /// Projections whose results are the query, key and value of one attention and nothing else.
  func heads(_ cluster: Cluster) -> FusedKernel.Work? {
    guard let (input, rest) = projections(cluster),
      let (operation, attention) = attentionAfter(cluster)
    else { return nil }
    let chains = operation.inputs.map { chain(to: $0, in: rest) }
    let counts = [attention.heads, attention.keyValueHeads, attention.keyValueHeads]
    let parts = zip(chains, counts).compactMap { chain, heads in
      chain.flatMap { headProjection($0, heads: heads, dimension: attention.headDimension) }
    }
    guard parts.count == 3, chains.reduce(0, { $0 + ($1?.count ?? 0) }) == rest.count else {
      return nil
    }
    return .heads(
      HeadProjections(
        input: input, query: parts[0], key: parts[1], value: parts[2], attention: attention,
        output: operation.inputs[0]))
  }

  private func attentionAfter(_ cluster: Cluster) -> (Operation, Attention)? {
    for operation in graph.operations {
      if case .attention(let attention) = operation.kind,
        operation.inputs.allSatisfy(cluster.writes),
        operation.inputs.allSatisfy({ graph.consumers(of: $0).count == 1 })
      {
        return (operation, attention)
      }
    }
    return nil
  }

  /// From a projection to a value, in order.
  private func chain(to value: Value.ID, in operations: [Operation]) -> [Operation]? {
    guard let last = operations.first(where: { $0.output == value }) else { return nil }
    if last.isLinear { return [last] }
    return last.inputs.first.flatMap { chain(to: $0, in: operations) }.map { $0 + [last] }
  }

  private func headProjection(
    _ chain: [Operation], heads: Int, dimension: Int
  ) -> HeadProjection? {
    guard let linear = chain[0].linear, linear.weight.rows == heads * dimension else { return nil }
    var norm: Norm?
    var rope: Rope?
    for operation in chain.dropFirst() {
      switch operation.kind {
      case .norm(let found):
        guard norm == nil, rope == nil, found.heads == heads else { return nil }
        norm = found
      case .rope(let found):
        guard rope == nil, found.heads == heads else { return nil }
        rope = found
      case .embed, .linear, .attention, .activation, .multiply, .add, .scale, .softcap:
        return nil
      }
    }
    return HeadProjection(
      role: chain[0].role, linear: linear, heads: heads, norm: norm, rope: rope)
  }
}
