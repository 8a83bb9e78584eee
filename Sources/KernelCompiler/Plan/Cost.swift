extension PlannedKernel {
  /// Bytes and operations of all calls of a step.
  var cost: KernelCost {
    let one = shape.cost(numerics, cacheType: cacheType)
    return KernelCost(
      name: name, calls: calls.count, wantedCalls: calls.count { $0.isForWanted },
      weightBytes: calls.count * one.weightBytes,
      operationsPerRow: calls.count * one.operationsPerRow,
      int8OperationsPerRow: calls.count * one.int8OperationsPerRow,
      bf16OperationsPerRow: calls.count * one.bf16OperationsPerRow,
      pageBytesPerPosition: calls.count * one.pageBytesPerPosition,
      operationsPerPosition: calls.count * one.operationsPerPosition,
      int16OperationsPerPosition: calls.count * one.int16OperationsPerPosition)
  }
}

extension KernelShape {
  /// What one call costs.
  struct Cost {
    var weightBytes = 0
    var operationsPerRow = 0
    var int8OperationsPerRow = 0
    var bf16OperationsPerRow = 0
    var pageBytesPerPosition = 0
    var operationsPerPosition = 0
    var int16OperationsPerPosition = 0
  }

  /// The same for all targets: those that don't multiply bfloat16 take floats in its place, which
  /// their peak shows.
  func cost(_ numerics: Numerics, cacheType: CacheType) -> Cost {
    func cost(_ matrices: [MatrixShape]) -> Cost {
      var cost = Cost()
      for matrix in matrices {
        cost.weightBytes += matrix.bytes
        cost.operationsPerRow += matrix.operations
        switch ActivationFormat(matrix.format, numerics, .avx512bf16) {
        case .int8: cost.int8OperationsPerRow += matrix.operations
        case .bf16: cost.bf16OperationsPerRow += matrix.operations
        case .float: break
        }
      }
      return cost
    }
    switch self {
    case .ropeTable, .embed: return Cost()
    case .heads(let heads): return cost(heads.parts.map(\.matrix))
    case .gated(let gated): return cost([gated.gate, gated.up])
    case .residual(let residual): return cost([residual.matrix])
    case .logits(let logits): return cost([logits.matrix])
    case .attention(let attention):
      var cost = Cost()
      cost.pageBytesPerPosition =
        attention.keyValueHeads * cacheType.positionBytes(dimension: attention.dimension)
      cost.operationsPerPosition = 4 * attention.heads * attention.dimension
      if cacheType.holdsIntegers { cost.int16OperationsPerPosition = cost.operationsPerPosition }
      return cost
    }
  }
}
