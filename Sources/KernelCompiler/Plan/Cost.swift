extension PlannedKernel {
  /// Bytes and operations of all calls of a step.
  var cost: KernelCost {
    let one = shape.cost(numerics, cacheType: cacheType)
    return KernelCost(
      name: name, calls: calls.count, wantedCalls: calls.count { $0.isForWanted },
      weightBytes: calls.count * one.weightBytes,
      operationsPerRow: calls.count * one.operationsPerRow,
      int8OperationsPerRow: calls.count * one.int8OperationsPerRow,
      pageBytesPerPosition: calls.count * one.pageBytesPerPosition,
      operationsPerPosition: calls.count * one.operationsPerPosition)
  }
}

extension KernelShape {
  /// What one call costs.
  struct Cost {
    var weightBytes = 0
    var operationsPerRow = 0
    var int8OperationsPerRow = 0
    var pageBytesPerPosition = 0
    var operationsPerPosition = 0

    init(_ matrices: [MatrixShape] = [], _ numerics: Numerics = .exact) {
      weightBytes = matrices.reduce(0) { $0 + $1.bytes }
      operationsPerRow = matrices.reduce(0) { $0 + $1.operations }
      int8OperationsPerRow = matrices.reduce(0) { sum, matrix in
        if case .int8 = ActivationFormat(matrix.format, numerics) { return sum + matrix.operations }
        return sum
      }
    }
  }

  func cost(_ numerics: Numerics, cacheType: CacheType) -> Cost {
    switch self {
    case .ropeTable, .embed: return Cost()
    case .heads(let heads): return Cost(heads.parts.map(\.matrix), numerics)
    case .gated(let gated): return Cost([gated.gate, gated.up], numerics)
    case .residual(let residual): return Cost([residual.matrix], numerics)
    case .logits(let logits): return Cost([logits.matrix], numerics)
    case .attention(let attention):
      var cost = Cost()
      cost.pageBytesPerPosition =
        attention.keyValueHeads * cacheType.positionBytes(dimension: attention.dimension)
      cost.operationsPerPosition = 4 * attention.heads * attention.dimension
      return cost
    }
  }
}
