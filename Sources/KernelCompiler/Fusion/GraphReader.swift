import ModelGraph

/// Recognises clusters as kernels.
struct GraphReader {
  let graph: Graph

  init(_ graph: Graph) { self.graph = graph }

  /// Adding a kind of kernel is a function here or in a file beside, and a line in this list.
  func recognise(_ cluster: Cluster) throws -> FusedKernel {
    let recognisers = [embed, attention, heads, gated, residual, logits]
    for recogniser in recognisers {
      if let work = recogniser(cluster) {
        let named = cluster.operations.first { !$0.isRowNorm } ?? cluster.operations[0]
        return FusedKernel(role: named.role, layer: named.layer, work: work)
      }
    }
    throw CompilerError(
      "no kernel computes \(cluster.summary) of model_type \(graph.modelType); "
        + "the generic backend (--backend generic) runs this model")
  }

  private func embed(_ cluster: Cluster) -> FusedKernel.Work? {
    guard cluster.operations.count == 1, case .embed(let embedding) = cluster.operations[0].kind
    else { return nil }
    return .embed(embedding, output: cluster.operations[0].output)
  }

  private func attention(_ cluster: Cluster) -> FusedKernel.Work? {
    guard cluster.operations.count == 1, case .attention(let attention) = cluster.operations[0].kind
    else { return nil }
    let operation = cluster.operations[0]
    return .attention(attention, query: operation.inputs[0], output: operation.output)
  }

  private func gated(_ cluster: Cluster) -> FusedKernel.Work? {
    guard let (input, rest) = projections(cluster), rest.count == 4,
      case .multiply = rest[3].kind, let activated = rest.first(where: \.isActivation),
      case .activation(let function) = activated.kind
    else { return nil }
    let linears = rest.filter(\.isLinear)
    guard linears.count == 2, let gate = linears.first(where: { $0.output == activated.inputs[0] }),
      let up = linears.first(where: { $0.output != activated.inputs[0] }),
      Set(rest[3].inputs) == [activated.output, up.output],
      let gateLinear = gate.linear, let upLinear = up.linear
    else { return nil }
    return .gated(
      GatedProjection(
        input: input, gate: gateLinear, up: upLinear, activation: function, output: rest[3].output))
  }

  private func residual(_ cluster: Cluster) -> FusedKernel.Work? {
    guard let (input, rest) = projections(cluster), let add = rest.last, add.isAdd,
      let (linear, finish, product) = finishedLinear(rest.dropLast()),
      let other = add.inputs.first(where: { $0 != product })
    else { return nil }
    return .residual(
      ResidualProjection(
        input: input, linear: linear, finish: finish, residual: other, output: add.output))
  }

  private func logits(_ cluster: Cluster) -> FusedKernel.Work? {
    guard let (input, rest) = projections(cluster),
      let (linear, finish, output) = finishedLinear(rest[...]), output == graph.logits
    else { return nil }
    return .logits(LogitProjection(input: input, linear: linear, finish: finish))
  }

  /// A projection, what is done to its result in turn, and the value that this gives.
  private func finishedLinear(
    _ operations: ArraySlice<Operation>
  ) -> (linear: Linear, finish: [Finish], output: Value.ID)? {
    guard let linear = operations.first?.linear, let output = operations.last?.output else {
      return nil
    }
    let finish = operations.dropFirst().compactMap(\.finish)
    return finish.count == operations.count - 1 ? (linear, finish, output) : nil
  }
}

extension GraphReader {
  /// The input of a cluster of projections, its norm taken off, and the other operations.
  func projections(_ cluster: Cluster) -> (ProjectionInput, [Operation])? {
    guard let first = cluster.operations.first, let value = first.inputs.first else { return nil }
    if case .norm(let norm) = first.kind {
      guard norm.heads == 1 else { return nil }
      return (ProjectionInput(value: value, norm: norm), Array(cluster.operations.dropFirst()))
    }
    guard first.isLinear else { return nil }
    return (ProjectionInput(value: value, norm: nil), cluster.operations)
  }
}

extension Operation {
  var linear: Linear? { if case .linear(let linear) = kind { linear } else { nil } }
}
