import ModelFiles
import ModelGraph

extension PlanBuilder {
  /// Places a step's tensors and calls its function.
  mutating func add(_ step: Step, step number: Int) throws {
    switch step {
    case .ropeTable(let rope): addRopeTable(rope, number)
    case .fused(let kernel):
      switch kernel.work {
      case .embed(let embedding, let output): try addEmbed(embedding, output, kernel)
      case .heads(let heads): try addHeads(heads, kernel, number)
      case .attention(let attention, let query, let output):
        addAttention(attention, query, output, kernel)
      case .gated(let gated): try addGated(gated, kernel, number)
      case .residual(let residual): try addResidual(residual, kernel, number)
      case .logits(let logits): try addLogits(logits, kernel, number)
      }
    }
  }

  private mutating func addRopeTable(_ rope: Rope, _ number: Int) {
    layout.beginKernel()
    let frequencies = layout.vector("rope.frequencies", .values(rope.inverseFrequencies))
    let shape = RopeTableShape(
      frequencies: frequencies, pairs: rope.inverseFrequencies.count, magnitude: rope.magnitude,
      dynamic: rope.dynamic, output: buffers.tables[number])
    call(.ropeTable(shape), role: "rope.table", layer: nil, weights: layout.start)
  }

  /// The table itself is placed at the end, or is the head's matrix.
  private mutating func addEmbed(
    _ embedding: Embedding, _ output: Value.ID, _ kernel: FusedKernel
  ) throws {
    let weight = embedding.weight
    let table = MatrixShape(
      format: weight.format, rows: weight.rows, columns: weight.columns,
      blocks: weight.rows.rounded(upTo: blockRows) / blockRows, offset: 0,
      stride: weight.format.blockBytes(columns: weight.columns), bias: nil)
    let shape = EmbedShape(table: table, scale: embedding.scale, output: buffers[output])
    call(.embed(shape), role: kernel.role, layer: kernel.layer, weights: 0)
  }

  /// Gives embedding tables their place: after everything that every step reads, unless the head
  /// reads the same matrix.
  mutating func placeTable() throws {
    for (step, kernel) in steps.enumerated() {
      guard case .fused(let fused) = kernel, case .embed(let embedding, _) = fused.work else {
        continue
      }
      var offset = 0
      if let head = headMatrix, head.weight.sharesStorage(with: embedding.weight) {
        offset = head.offset
      } else {
        layout.beginKernel()
        _ = try layout.matrix(fused.role, embedding.weight)
        offset = layout.start
      }
      let call = schedule[step]
      functions[call.kernel].calls[call.call] = PlannedCall(
        layer: fused.layer, weights: offset, cache: 0)
    }
  }

  private mutating func addHeads(
    _ heads: HeadProjections, _ kernel: FusedKernel, _ number: Int
  ) throws {
    layout.beginKernel()
    let norm = norm(heads.input.norm, kernel.role + ".input")
    let projections: [(HeadShape.Role, HeadProjection)] = [
      (.query, heads.query), (.key, heads.key), (.value, heads.value),
    ]
    let parts = try projections.map { role, projection in
      let tables = buffers.tables
      let rope = projection.rope.flatMap { rope in
        buffers.ropes.index(of: rope).map {
          RotationShape(
            table: tables[$0], pairs: rope.inverseFrequencies.count, interleaved: rope.interleaved)
        }
      }
      return HeadShape(
        role: role,
        matrix: try matrix(projection.linear, projection.role, sections: projection.heads),
        heads: projection.heads, norm: self.norm(projection.norm, projection.role), rope: rope)
    }
    let shape = HeadsShape(
      input: input(heads.input, norm, kernel, number), parts: parts,
      dimension: heads.attention.headDimension, output: buffers[heads.output])
    let cache = cacheBytes
    caches[heads.attention.cache] = cache
    let position = cacheType.positionBytes(dimension: heads.attention.headDimension)
    cacheBytes += heads.attention.keyValueHeads * position * Plan.pagePositions
    call(
      .heads(shape), role: kernel.role, layer: kernel.layer, weights: layout.start, cache: cache)
  }

  private mutating func addAttention(
    _ attention: Attention, _ query: Value.ID, _ output: Value.ID, _ kernel: FusedKernel
  ) {
    let shape = AttentionShape(
      heads: attention.heads, keyValueHeads: attention.keyValueHeads,
      dimension: attention.headDimension, scale: attention.scale, window: attention.window,
      query: buffers[query], output: buffers[output], parts: threadRowsBytes.rounded(upTo: 64))
    let pages = (graph.contextLimit + Plan.pagePositions - 1) / Plan.pagePositions
    let runs = (pages + runPages - 1) / runPages
    threadPartsBytes = max(threadPartsBytes, 2 * runs * shape.stateFloats * 4)
    call(
      .attention(shape), role: kernel.role, layer: kernel.layer, weights: 0,
      cache: caches[attention.cache] ?? 0)
  }

  private mutating func addGated(
    _ gated: GatedProjection, _ kernel: FusedKernel, _ number: Int
  ) throws {
    layout.beginKernel()
    let norm = norm(gated.input.norm, kernel.role + ".input")
    let (gate, up) = (gated.gate.weight, gated.up.weight)
    let pair = try layout.pair((kernel.role, kernel.layerRole("up")), gate, up)
    func shape(_ linear: Linear, _ offset: Int, _ builder: inout PlanBuilder) -> MatrixShape {
      let weight = linear.weight
      return MatrixShape(
        format: weight.format, rows: weight.rows, columns: weight.columns,
        blocks: weight.rows.rounded(upTo: blockRows) / blockRows, offset: offset,
        stride: pair.stride, bias: builder.bias(linear, kernel.role, sections: 1))
    }
    let gateShape = shape(gated.gate, pair.first, &self)
    let upShape = shape(gated.up, pair.second, &self)
    let whole = GatedShape(
      input: input(gated.input, norm, kernel, number), gate: gateShape, up: upShape,
      activation: gated.activation, output: buffers[gated.output])
    call(.gated(whole), role: kernel.role, layer: kernel.layer, weights: layout.start)
  }

  private mutating func addResidual(
    _ residual: ResidualProjection, _ kernel: FusedKernel, _ number: Int
  ) throws {
    layout.beginKernel()
    let norm = norm(residual.input.norm, kernel.role + ".input")
    let matrix = try matrix(residual.linear, kernel.role)
    let shape = ResidualShape(
      input: input(residual.input, norm, kernel, number), matrix: matrix, finish: residual.finish,
      output: buffers[residual.output])
    call(.residual(shape), role: kernel.role, layer: kernel.layer, weights: layout.start)
  }

  private mutating func addLogits(
    _ logits: LogitProjection, _ kernel: FusedKernel, _ number: Int
  ) throws {
    layout.beginKernel()
    let norm = norm(logits.input.norm, kernel.role + ".input")
    let matrix = try matrix(logits.linear, kernel.role)
    headMatrix = (logits.linear.weight, layout.start + matrix.offset)
    let shape = LogitsShape(
      input: input(logits.input, norm, kernel, number, wantedRows: true), matrix: matrix,
      finish: logits.finish)
    call(.logits(shape), role: kernel.role, layer: kernel.layer, weights: layout.start)
  }
}

extension FusedKernel {
  /// "layers.0.mlp.gate" → "layers.0.mlp.up".
  fileprivate func layerRole(_ name: String) -> String {
    (role.split(separator: ".").dropLast() + [Substring(name)]).joined(separator: ".")
  }
}

extension WeightMatrix {
  /// Whether both are views of one tensor: the tied embedding.
  fileprivate func sharesStorage(with other: WeightMatrix) -> Bool {
    weight.bytes.baseAddress == other.weight.bytes.baseAddress && format == other.format
      && rows == other.rows && columns == other.columns
  }
}
