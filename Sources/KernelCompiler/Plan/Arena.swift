/// One piece of scratch and the steps between which it is needed.
struct ArenaRequest {
  let bytes: Int
  /// The kernel that writes it, counted in the order of a step.
  let first: Int
  /// The last kernel that reads it.
  let last: Int
}

/// Places pieces so that those needed at the same time don't overlap: each in turn at the lowest
/// free offset. Layers that ask for the same get the same.
struct Arena {
  private var placed: [(request: ArenaRequest, offset: Int)] = []
  private(set) var bytes = 0

  mutating func place(_ request: ArenaRequest) -> Int {
    let size = request.bytes.rounded(upTo: 64)
    let neighbours =
      placed
      .filter { $0.request.first <= request.last && request.first <= $0.request.last }
      .sorted { $0.offset < $1.offset }
    var offset = 0
    for neighbour in neighbours {
      if offset + size <= neighbour.offset { break }
      offset = max(offset, neighbour.offset + neighbour.request.bytes.rounded(upTo: 64))
    }
    placed.append((request, offset))
    bytes = max(bytes, offset + size)
    return offset
  }
}
