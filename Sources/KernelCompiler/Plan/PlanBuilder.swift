import ModelFiles
import ModelGraph

/// Decides kernels, their order, memory and weights for a fused graph.
func plan(
  _ graph: Graph, target: Target, numerics: Numerics, cacheType: CacheType? = nil
) throws -> Plan {
  let fused = try fuse(graph)
  var builder = try PlanBuilder(
    graph: graph, fused: fused, numerics: numerics, instructions: target.instructions,
    cacheType: CacheType.chosen(cacheType, numerics))
  for (step, kernel) in builder.steps.enumerated() {
    try builder.add(kernel, step: step)
  }
  try builder.placeTable()
  return builder.plan(target: target)
}

/// The parts of a plan as they come together.
struct PlanBuilder {
  /// What a step does, in order: rope tables, then the graph's kernels.
  enum Step {
    case ropeTable(Rope)
    case fused(FusedKernel)
  }

  let graph: Graph
  let numerics: Numerics
  let instructions: InstructionSet
  let cacheType: CacheType
  let steps: [Step]
  let maximumRows = 512
  let rowsAlone = 2
  let runPages: Int
  var layout = WeightLayout()
  var buffers: Buffers
  var functions: [PlannedKernel] = []
  var schedule: [ScheduledCall] = []
  /// Offset in a page of the next attention's keys and values.
  var cacheBytes = 0
  /// Offset in a page of each attention's keys and values.
  var caches: [Int: Int] = [:]
  /// Where the tied head put the table: its offset in weights.bin.
  var headMatrix: (weight: WeightMatrix, offset: Int)?
  /// Scratch a thread needs for itself: prepared rows, then states of divided attention.
  var threadRowsBytes = 0
  var threadPartsBytes = 0

  init(
    graph: Graph, fused: [FusedKernel], numerics: Numerics, instructions: InstructionSet,
    cacheType: CacheType
  ) throws {
    self.graph = graph
    self.numerics = numerics
    self.instructions = instructions
    self.cacheType = cacheType
    let ropes = RopeTables(fused)
    steps = ropes.tables.map { .ropeTable($0) } + fused.map { .fused($0) }
    let pages = (graph.contextLimit + Plan.pagePositions - 1) / Plan.pagePositions
    runPages = max(4, (pages + Self.mostRuns - 1) / Self.mostRuns)
    buffers = try Buffers(
      graph: graph, fused: fused, ropes: ropes, maximumRows: maximumRows, numerics: numerics,
      instructions: instructions)
    threadRowsBytes =
      fused.compactMap { kernel in
        kernel.work.activations(numerics, instructions).map {
          InputShape.bytes($0.formats, rows: rowsAlone, columns: $0.columns)
        }
      }.max() ?? 0
  }

  /// Bounds the states that wait to be joined where a long sequence is divided among threads.
  static let mostRuns = 512

  /// Calls the function with that shape, a new one if there is none yet.
  mutating func call(
    _ shape: KernelShape, role: String, layer: Int?, weights: Int, cache: Int = 0
  ) {
    let call = PlannedCall(layer: layer, weights: weights, cache: cache)
    let index = functions.firstIndex { $0.shape == shape } ?? functions.count
    if index == functions.count {
      functions.append(
        PlannedKernel(
          name: freshName(role, shape), role: role, shape: shape, calls: [], numerics: numerics,
          cacheType: cacheType))
    }
    functions[index].calls.append(call)
    schedule.append(
      ScheduledCall(
        kernel: index, call: functions[index].calls.count - 1, layer: layer, meets: true))
  }

  /// "layers.3.mlp.down" → `mlp_down`, and `mlp_down_2` for the next with another shape.
  private func freshName(_ role: String, _ shape: KernelShape) -> String {
    let words = role.split(separator: ".")
    let kept = words.first == "layers" ? words.dropFirst(2) : words[...]
    let base = shape.name ?? kept.joined(separator: "_")
    let taken = functions.filter { $0.name == base || $0.name.hasPrefix(base + "_variant") }.count
    return taken == 0 ? base : "\(base)_variant\(taken + 1)"
  }
}

extension KernelShape {
  /// For kernels of several operations; the others are called by their operation's role.
  fileprivate var name: String? {
    switch self {
    case .ropeTable: "rope_table"
    case .embed: "embed"
    case .heads: "attention_heads"
    case .attention: "attention"
    case .gated: "gate_and_up"
    case .logits: "logits"
    case .residual: nil
    }
  }
}
