import ModelGraph

/// The kernels of a graph, in order, before shapes and memory are decided.
func fuse(_ graph: Graph) throws -> [FusedKernel] {
  let reader = GraphReader(graph)
  return try clusters(of: graph).map { try reader.recognise($0) }
}

/// Each operation joins the latest cluster that a rule lets it join, or begins its own. Clusters
/// stand where their first operation stood; what joins later reads nothing that comes between,
/// except a residual, which is older than the projection it is added to.
func clusters(of graph: Graph) -> [Cluster] {
  var clusters: [Cluster] = []
  for operation in graph.operations {
    let index = clusters.lastIndex { cluster in
      FusionRule.all.contains { $0.joins(operation, cluster, graph) }
    }
    if let index {
      clusters[index].operations.append(operation)
    } else {
      clusters.append(Cluster(operations: [operation]))
    }
  }
  return clusters
}
