/// Mistral: Llama's layers. `sliding_window` counts only for layers that `layer_types` marks, as in
/// mlx-lm, which runs this type through llama.py.
struct Mistral: Architecture {
  private let layers: Llama

  init(_ settings: ModelSettings) throws {
    layers = try Llama(settings, defaultPositions: 131_072)
  }

  func graph(_ weights: ModelWeights) throws -> Graph { try layers.graph(weights) }
}
