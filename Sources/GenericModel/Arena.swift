import ModelGraph

/// Which values share memory: a value's columns are free again after its last reader.
struct Arena {
  /// By value: where its rows start, in columns before it; times the rows of a step it is an offset.
  let starts: [Int]
  /// Columns of all slots together.
  let columns: Int

  /// `external` is written elsewhere and takes no slot.
  init(_ graph: Graph, external: Value.ID?) {
    var slots: [Int] = []  // columns of each
    var free: [Int] = []
    var slotOfValue = [Int](repeating: 0, count: graph.values.count)
    let lastReader = Self.lastReaders(graph)
    for (index, operation) in graph.operations.enumerated() {
      let columns = graph[operation.output].columns
      if operation.output != external {
        let slot = Self.take(columns: columns, &slots, &free)
        slotOfValue[operation.output.index] = slot
        if lastReader[operation.output.index] == nil { free.append(slot) }
      }
      for input in Set(operation.inputs) where lastReader[input.index] == index {
        free.append(slotOfValue[input.index])
      }
    }
    var offsets: [Int] = []
    var total = 0
    for slot in slots {
      offsets.append(total)
      total += slot
    }
    starts = slotOfValue.map { offsets.isEmpty ? 0 : offsets[$0] }
    columns = total
  }

  private static func lastReaders(_ graph: Graph) -> [Int?] {
    var last = [Int?](repeating: nil, count: graph.values.count)
    for (index, operation) in graph.operations.enumerated() {
      for input in operation.inputs { last[input.index] = index }
    }
    return last
  }

  /// The smallest free slot that is wide enough, else the widest one, widened, else a new one.
  private static func take(columns: Int, _ slots: inout [Int], _ free: inout [Int]) -> Int {
    let fitting = free.filter { slots[$0] >= columns }.min { slots[$0] < slots[$1] }
    guard let slot = fitting ?? free.max(by: { slots[$0] < slots[$1] }) else {
      slots.append(columns)
      return slots.count - 1
    }
    slots[slot] = max(slots[slot], columns)
    free.removeAll { $0 == slot }
    return slot
  }
}
