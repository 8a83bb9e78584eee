import Machine
import ModelABI
import ModelFiles
import ModelGraph

/// Runs any graph operation by operation in float32, with no compiler and no specialisation: the
/// baseline that compiled models are compared with, and the path where there is no compiler.
///
/// It takes the same steps as a compiled library. One thread at a time may call `run`.
public final class GenericModel: @unchecked Sendable {
  public let vocabulary: Int
  public let maximumRows: Int
  /// Positions of a page, all layers together.
  public let pagePositions: Int
  public let threads: Int
  /// "generic, OpenBLAS SkylakeX, float32"
  public let backend: String

  private let graph: Graph
  private let blas: BLAS
  private let layout: PageLayout
  private let weights: Weights
  private let rotations: RotationTables
  private let arena: Arena
  private let norms: [String: PreparedNorm]
  private let biases: [String: [Float]]
  private let scratchLayout: ScratchLayout
  /// The last operation that looks at positions or caches; after it only logit rows go on.
  private let lastSequenceOperation: Int

  /// Bytes of keys and values of one page, 64-byte aligned.
  public var pageBytes: Int { layout.pageBytes }
  /// Bytes of scratch that a step needs, 64-byte aligned.
  public var scratchBytes: Int { scratchLayout.bytes }
  /// Bytes of weights that were expanded to float32 and stay in memory.
  public var residentBytes: Int { weights.residentBytes }

  /// Prepares a graph to be run. Expanding the weights takes seconds for large models; `progress`
  /// hears the share that is done.
  public convenience init(
    graph: Graph, threads: Int, maximumRows: Int, pagePositions: Int,
    progress: (Double) -> Void = { _ in }
  ) throws {
    try self.init(
      graph: graph, threads: threads, maximumRows: maximumRows, pagePositions: pagePositions,
      blas: .shared, availableBytes: availableMemory(), progress: progress)
  }

  init(
    graph: Graph, threads: Int, maximumRows: Int, pagePositions: Int, blas: BLAS,
    availableBytes: Int, progress: (Double) -> Void = { _ in }
  ) throws {
    guard graph.logits != nil else { throw ModelError("the graph answers with no logits") }
    self.graph = graph
    self.blas = blas
    self.threads = max(1, threads)
    self.maximumRows = max(1, maximumRows)
    self.pagePositions = max(1, pagePositions)
    vocabulary = graph.vocabulary
    blas.setThreads(self.threads)
    weights = Weights(
      graph, blas: blas, threads: self.threads, availableBytes: availableBytes, progress: progress)
    let expansion = weights.isResident ? "" : ", weights expanded in every step"
    backend = "generic, \(blas.name), float32\(expansion)"
    layout = PageLayout(graph, positions: self.pagePositions)
    rotations = RotationTables(graph, maximumRows: self.maximumRows)
    arena = Arena(graph, external: graph.logits)
    (norms, biases) = graph.preparedParameters()
    lastSequenceOperation = graph.operations.lastIndex(where: \.looksAtSequence) ?? -1
    let attention = graph.attentionLayers.map { [layout] in
      AttentionKernel.scratchFloats($0, layout: layout)
    }
    scratchLayout = ScratchLayout(
      values: arena.columns * self.maximumRows, rotations: rotations.floats,
      weights: weights.scratchFloats(graph), attention: (attention.max() ?? 0) * self.threads)
  }
}

// MARK: - Running

extension GenericModel {
  /// Runs one step: writes its keys and values to the pages, and the logits that it asks for.
  public func run(_ step: UnsafePointer<model_step>) {
    let step = step.pointee
    guard step.rows > 0, step.rows <= maximumRows, var rows = StepRows(step),
      let scratch = step.scratch, let pages = step.pages
    else { preconditionFailure("a step of \(step.rows) rows without its buffers") }
    let memory = StepMemory(
      scratch: scratch.assumingMemoryBound(to: Float.self),
      pages: pages.assumingMemoryBound(to: Float.self), logits: step.logits)
    rotations.fill(memory.scratch + scratchLayout.rotations, rows)
    for (index, operation) in graph.operations.enumerated() {
      run(operation, rows, memory)
      if index == lastSequenceOperation { keepLogitRows(step, &rows, memory) }
      if rows.count == 0 { return }
    }
  }

  /// Memory of one step.
  private struct StepMemory {
    let scratch: UnsafeMutablePointer<Float>
    let pages: UnsafeMutablePointer<Float>
    let logits: UnsafeMutablePointer<Float>?
  }

  private func run(_ operation: Operation, _ rows: StepRows, _ memory: StepMemory) {
    let inputs = operation.inputs.map { UnsafePointer(value($0, memory)) }
    let output = value(operation.output, memory)
    let columns = graph[operation.output].columns
    switch operation.kind {
    case .embed(let embedding): embed(embedding, rows, output)
    case .norm:
      guard let norm = norms[operation.role] else { return }
      onRows(rows.count, cost: columns) {
        RowLoops.normalize(norm, inputs[0], output, rows: $0, columns: columns)
      }
    case .linear(let linear):
      weights.multiply(
        linear.weight, inputs[0], output, inputRows: rows.count,
        scratch: memory.scratch + scratchLayout.weights)
      addBias(operation, output, rows.count, columns: columns)
    case .rope(let rope):
      let table = rotations.table(of: rope, in: memory.scratch + scratchLayout.rotations)
      onRows(rows.count, cost: columns) {
        RowLoops.rotate(rope, inputs[0], output, rows: $0, table: table)
      }
    case .attention(let attention):
      let kernel = AttentionKernel(
        attention: attention, layout: layout, blas: blas, pages: memory.pages, threads: threads,
        scratch: memory.scratch + scratchLayout.attention)
      kernel.run(query: inputs[0], key: inputs[1], value: inputs[2], output: output, rows)
    case .activation, .multiply, .add, .scale, .softcap:
      onElements(rows.count * columns) { range in
        elementwise(operation.kind, inputs, output, range)
      }
    }
  }

  private func elementwise(
    _ kind: Operation.Kind, _ inputs: [UnsafePointer<Float>], _ output: UnsafeMutablePointer<Float>,
    _ range: Range<Int>
  ) {
    let (start, count) = (range.lowerBound, range.count)
    let (first, target) = (inputs[0] + start, output + start)
    switch kind {
    case .activation(let function): RowLoops.activate(function, first, target, count: count)
    case .multiply: RowLoops.multiply(first, inputs[1] + start, target, count: count)
    case .add: RowLoops.add(first, inputs[1] + start, target, count: count)
    case .scale(let factor):
      target.update(from: first, count: count)
      scale(target, by: factor, count: count)
    case .softcap(let limit): RowLoops.softcap(limit, first, target, count: count)
    case .embed, .norm, .linear, .rope, .attention: break
    }
  }

  private func embed(
    _ embedding: Embedding, _ rows: StepRows, _ output: UnsafeMutablePointer<Float>
  ) {
    let columns = embedding.weight.columns
    let dequantizer = Dequantizer(embedding.weight)
    for row in 0..<rows.count {
      let token = Int(rows.tokens[row])
      precondition(token >= 0 && token < embedding.weight.rows, "token \(token)")
      let target = output + row * columns
      dequantizer.expand(rows: token..<token + 1, into: target)
      if embedding.scale != 1 { scale(target, by: embedding.scale, count: columns) }
    }
  }

  private func addBias(
    _ operation: Operation, _ output: UnsafeMutablePointer<Float>, _ rows: Int, columns: Int
  ) {
    biases[operation.role]?.withUnsafeBufferPointer { bias in
      guard let bias = bias.baseAddress else { return }
      for row in 0..<rows { addScaled(bias, by: 1, to: output + row * columns, count: columns) }
    }
  }

  private func value(_ id: Value.ID, _ memory: StepMemory) -> UnsafeMutablePointer<Float> {
    if id == graph.logits, let logits = memory.logits { return logits }
    return memory.scratch + scratchLayout.values + arena.starts[id.index] * maximumRows
  }

  /// Moves the rows whose logits are wanted to the front of every value that is still read.
  private func keepLogitRows(_ step: model_step, _ rows: inout StepRows, _ memory: StepMemory) {
    rows.count = Int(step.logit_rows)
    guard let indices = step.logit_indices, rows.count > 0 else { return }
    let later = graph.operations[(lastSequenceOperation + 1)...]
    for id in Set(later.flatMap(\.inputs)) where graph.isWritten(id, by: lastSequenceOperation) {
      let (start, columns) = (value(id, memory), graph[id].columns)
      for index in 0..<rows.count where Int(indices[index]) != index {
        (start + index * columns).update(
          from: start + Int(indices[index]) * columns, count: columns)
      }
    }
  }
}

// MARK: - Sharing out work

extension GenericModel {
  /// Less work than this isn't worth waking another thread for.
  private static let shareElements = 1 << 15

  private func onElements(_ count: Int, _ body: (Range<Int>) -> Void) {
    inParallel(count: count, grain: Self.shareElements, threads: threads) { body($1) }
  }

  private func onRows(_ count: Int, cost: Int, _ body: (Range<Int>) -> Void) {
    let grain = max(1, Self.shareElements / max(1, cost))
    inParallel(count: count, grain: grain, threads: threads) { body($1) }
  }
}

/// Where the parts of a step's scratch start, in floats.
struct ScratchLayout: Sendable {
  let values = 0
  let rotations: Int
  let weights: Int
  let attention: Int
  let bytes: Int

  init(values: Int, rotations: Int, weights: Int, attention: Int) {
    func aligned(_ floats: Int) -> Int { (floats + 15) / 16 * 16 }
    self.rotations = aligned(values)
    self.weights = self.rotations + aligned(rotations)
    self.attention = self.weights + aligned(weights)
    bytes = (self.attention + aligned(attention)) * 4
  }
}

extension Operation {
  /// Whether it needs tokens, positions or caches, and not only values of its own row.
  fileprivate var looksAtSequence: Bool {
    switch kind {
    case .embed, .rope, .attention: true
    case .norm, .linear, .activation, .multiply, .add, .scale, .softcap: false
    }
  }
}

extension Graph {
  fileprivate func isWritten(_ value: Value.ID, by last: Int) -> Bool {
    operations[...last].contains { $0.output == value }
  }

  /// Norms and biases by the role of their operation, as float32.
  fileprivate func preparedParameters() -> ([String: PreparedNorm], [String: [Float]]) {
    var norms: [String: PreparedNorm] = [:]
    var biases: [String: [Float]] = [:]
    for operation in operations {
      switch operation.kind {
      case .norm(let norm): norms[operation.role] = PreparedNorm(norm)
      case .linear(let linear): biases[operation.role] = linear.bias?.floats()
      case .embed, .rope, .attention, .activation, .multiply, .add, .scale, .softcap: break
      }
    }
    return (norms, biases)
  }
}
