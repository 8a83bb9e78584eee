import ModelFiles
import ModelGraph

extension PlanBuilder {
  mutating func norm(_ norm: Norm?, _ role: String) -> NormShape? {
    guard let norm else { return nil }
    let weight = norm.weight.map {
      layout.vector(role + ".norm", .tensor($0), addend: norm.weightOffset)
    }
    let bias = norm.bias.map { layout.vector(role + ".norm.bias", .tensor($0)) }
    return NormShape(style: norm.style, weight: weight, bias: bias, epsilon: norm.epsilon)
  }

  mutating func matrix(_ linear: Linear, _ role: String, sections: Int = 1) throws -> MatrixShape {
    let weight = linear.weight
    let offset = try layout.matrix(role, weight, sections: sections)
    return MatrixShape(
      format: weight.format, rows: weight.rows, columns: weight.columns,
      blocks: sections * (weight.rows / sections).rounded(upTo: blockRows) / blockRows,
      offset: offset, stride: weight.format.blockBytes(columns: weight.columns),
      bias: bias(linear, role, sections: sections))
  }

  mutating func bias(_ linear: Linear, _ role: String, sections: Int) -> Int? {
    linear.bias.map { layout.vector(role + ".bias", .tensor($0), sections: sections) }
  }

  func input(
    _ input: ProjectionInput, _ norm: NormShape?, _ kernel: FusedKernel, _ step: Int,
    wantedRows: Bool = false
  ) -> InputShape {
    InputShape(
      source: buffers[input.value], columns: graph[input.value].columns, norm: norm,
      wantedRows: wantedRows,
      activations: kernel.work.activations(numerics, instructions)?.formats ?? [],
      room: buffers.room(step: step))
  }

  /// The finished plan.
  func plan(target: Target) -> Plan {
    let (functions, schedule) = wantedAlone()
    return Plan(
      modelType: graph.modelType, target: target, numerics: numerics, cacheType: cacheType,
      signature: layoutSignature(graph, tensors: layout.tensors), vocabulary: graph.vocabulary,
      hidden: graph.hidden, layers: graph.layers, contextLimit: graph.contextLimit,
      maximumRows: maximumRows, pageBytes: cacheBytes.rounded(upTo: 64),
      weightsBytes: layout.end.rounded(upTo: 4096), sharedScratchBytes: buffers.bytes,
      threadScratchBytes: threadRowsBytes.rounded(upTo: 64)
        + threadPartsBytes.rounded(upTo: 64),
      rowsAlone: rowsAlone, tiles: Tiles(target.instructions), runPages: runPages,
      functions: functions, schedule: schedule, tensors: layout.tensors)
  }

  /// After the last keys and values are stored, only rows whose logits are wanted go on.
  private func wantedAlone() -> ([PlannedKernel], [ScheduledCall]) {
    var (functions, schedule) = (functions, scheduledBarriers())
    let last = schedule.lastIndex {
      if case .heads = functions[$0.kernel].shape { true } else { false }
    }
    guard let last else { return (functions, schedule) }
    schedule[last].kept = buffers.kept(after: last - buffers.tables.count)
    for call in schedule[(last + 1)...] {
      functions[call.kernel].calls[call.call].isForWanted = true
    }
    return (functions, schedule)
  }

  /// Rope tables and the embedding need nothing of each other, and nothing follows the logits.
  private func scheduledBarriers() -> [ScheduledCall] {
    schedule.enumerated().map { index, call in
      let next = index + 1 < schedule.count ? functions[schedule[index + 1].kernel].shape : nil
      return ScheduledCall(
        kernel: call.kernel, call: call.call, layer: call.layer,
        meets: next.map { !$0.isIndependent } ?? false)
    }
  }
}

extension KernelShape {
  /// Reads nothing that another kernel of the step writes.
  fileprivate var isIndependent: Bool {
    switch self {
    case .ropeTable, .embed: true
    case .heads, .attention, .gated, .residual, .logits: false
    }
  }
}
