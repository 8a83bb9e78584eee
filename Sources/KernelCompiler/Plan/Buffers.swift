import ModelGraph

/// Where values that one kernel writes and another reads are in the scratch, each only for as long
/// as it is needed.
struct Buffers {
  private(set) var bytes = 0
  private var values: [Value.ID: Buffer] = [:]
  private var rooms: [Int: Buffer] = [:]
  private var lives: [(rows: KeptRows, first: Int, last: Int)] = []
  let tables: [Buffer]
  let ropes: RopeTables

  /// Step numbers count rope tables first, then kernels.
  init(
    graph: Graph, fused: [FusedKernel], ropes: RopeTables, maximumRows: Int, numerics: Numerics,
    instructions: InstructionSet
  ) throws {
    self.ropes = ropes
    let first = ropes.tables.count
    var arena = Arena()
    tables = ropes.tables.map { table in
      let bytes = maximumRows * 2 * table.inverseFrequencies.count * 4
      let offset = arena.place(ArenaRequest(bytes: bytes, first: 0, last: first + fused.count))
      return Buffer(name: "angles", offset: offset)
    }
    for (index, kernel) in fused.enumerated() {
      let step = first + index
      if let (formats, columns) = kernel.work.activations(numerics, instructions) {
        let bytes = InputShape.bytes(formats, rows: maximumRows, columns: columns)
        let offset = arena.place(ArenaRequest(bytes: bytes, first: step, last: step))
        rooms[step] = Buffer(name: "prepared", offset: offset)
      }
      guard let output = kernel.work.output else { continue }
      if case .residual(let residual) = kernel.work {
        guard let buffer = values[residual.residual],
          residual.input.value != residual.residual,
          fused.indices.allSatisfy({ $0 <= index || !fused[$0].work.reads(residual.residual) })
        else {
          throw CompilerError("\(kernel.role): the residual is needed again after it was added to")
        }
        values[output] = buffer
        continue
      }
      let last = Self.lastUse(of: output, in: fused) ?? index
      let bytes = maximumRows * kernel.work.outputRow(graph) * 4
      let offset = arena.place(ArenaRequest(bytes: bytes, first: step, last: first + last))
      let buffer = Buffer(name: kernel.work.outputName, offset: offset)
      values[output] = buffer
      lives.append((KeptRows(buffer: buffer, padded: kernel.work.outputRow(graph)), index, last))
    }
    bytes = arena.bytes
  }

  subscript(value: Value.ID) -> Buffer { values[value] ?? Buffer(name: "none", offset: 0) }

  /// For the rows that a step's kernel prepares.
  func room(step: Int) -> Buffer { rooms[step] ?? Buffer(name: "none", offset: 0) }

  /// What is written up to a kernel and read after it.
  func kept(after kernel: Int) -> [KeptRows] {
    lives.filter { $0.first <= kernel && kernel < $0.last }.map(\.rows)
  }

  /// The last kernel that reads a value, or that reads what replaces it in place.
  private static func lastUse(of value: Value.ID, in fused: [FusedKernel]) -> Int? {
    var last: Int?
    for (index, kernel) in fused.enumerated() where kernel.work.reads(value) {
      last = max(last ?? index, index)
      if case .residual(let residual) = kernel.work, residual.residual == value {
        last = max(index, lastUse(of: residual.output, in: fused) ?? index)
      }
    }
    return last
  }
}

/// The different rotations of a model: layers with equal ones share a table of cosines and sines.
struct RopeTables {
  private(set) var tables: [Rope] = []

  init(_ fused: [FusedKernel]) {
    for kernel in fused {
      guard case .heads(let heads) = kernel.work else { continue }
      for rope in [heads.query.rope, heads.key.rope, heads.value.rope].compactMap({ $0 })
      where index(of: rope) == nil {
        tables.append(rope)
      }
    }
  }

  func index(of rope: Rope) -> Int? {
    tables.firstIndex {
      $0.inverseFrequencies == rope.inverseFrequencies && $0.magnitude == rope.magnitude
        && $0.dynamic == rope.dynamic
    }
  }
}
