import ModelGraph

/// Where keys and values are in a page: for each attention layer and each of its heads, the keys of
/// all positions, then the values. float32.
struct PageLayout: Sendable {
  let positions: Int
  let pageBytes: Int
  /// By cache: where in a page it starts, in floats.
  private let starts: [Int]
  private let layers: [Attention]

  init(_ graph: Graph, positions: Int) {
    self.positions = positions
    layers = graph.attentionLayers
    var starts: [Int] = []
    var floats = 0
    for layer in layers {
      starts.append(floats)
      floats += 2 * layer.keyValueHeads * positions * layer.headDimension
    }
    self.starts = starts
    let alignment = 64
    pageBytes = (floats * 4 + alignment - 1) / alignment * alignment
  }

  /// Where the keys of one head are in a page: (positions, head dimension) floats.
  func keys(cache: Int, head: Int) -> Int {
    starts[cache] + 2 * head * positions * layers[cache].headDimension
  }

  func values(cache: Int, head: Int) -> Int {
    keys(cache: cache, head: head) + positions * layers[cache].headDimension
  }
}
