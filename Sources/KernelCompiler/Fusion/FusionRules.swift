import ModelGraph

/// When an operation joins the cluster that computes one of its inputs, or that shares its input.
struct FusionRule: Sendable {
  let name: String
  let joins: @Sendable (Operation, Cluster, Graph) -> Bool
}

extension FusionRule {
  /// Tried in order for every operation and every earlier cluster; the first that fits decides.
  static let all: [FusionRule] = [
    FusionRule(name: "norm into the projections that read it") { operation, cluster, graph in
      guard operation.isLinear, let norm = cluster.operations.first, norm.isRowNorm else {
        return false
      }
      return operation.inputs == [norm.output]
        && graph.consumers(of: norm.output).allSatisfy(\.isLinear)
    },
    FusionRule(name: "projections of one value side by side") { operation, cluster, _ in
      guard operation.isLinear, let first = cluster.operations.first else { return false }
      return first.isLinear && first.inputs == operation.inputs
    },
    FusionRule(name: "head norm into its projection") { operation, cluster, graph in
      operation.isNorm && cluster.alone(graph, feeds: operation, after: \.isLinear)
        && graph.consumers(of: operation.output).allSatisfy { $0.isRope || $0.isAttention }
    },
    FusionRule(name: "rope into its projection") { operation, cluster, graph in
      operation.isRope
        && cluster.alone(graph, feeds: operation, after: { $0.isLinear || $0.isNorm })
    },
    FusionRule(name: "activation into its projection") { operation, cluster, graph in
      operation.isActivation && cluster.alone(graph, feeds: operation, after: \.isLinear)
    },
    FusionRule(name: "gate times up into their projections") { operation, cluster, graph in
      operation.isMultiply
        && operation.inputs.allSatisfy {
          cluster.writes($0) && graph.consumers(of: $0).count == 1
        }
    },
    FusionRule(name: "scale and soft cap into their projection") { operation, cluster, graph in
      operation.isFinish
        && cluster.alone(graph, feeds: operation, after: { $0.isLinear || $0.isFinish })
    },
    FusionRule(name: "residual into its projection") { operation, cluster, graph in
      guard operation.isAdd, let last = cluster.operations.last, last.isLinear || last.isFinish
      else { return false }
      return operation.inputs.contains(last.output)
        && cluster.operations.filter(\.isLinear).count == 1
        && graph.consumers(of: last.output).count == 1
    },
  ]
}

extension Cluster {
  /// Whether the operation's input is written here, by such an operation, and read nowhere else.
  fileprivate func alone(
    _ graph: Graph, feeds operation: Operation, after isRight: (Operation) -> Bool
  ) -> Bool {
    guard let input = operation.inputs.first,
      let producer = operations.first(where: { $0.output == input })
    else { return false }
    return isRight(producer) && graph.consumers(of: input).count == 1
  }
}
