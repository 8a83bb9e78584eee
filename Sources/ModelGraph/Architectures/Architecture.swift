import ModelFiles

/// One family of models: reads its keys of config.json, and builds the graph from the weights.
protocol Architecture: Sendable {
  init(_ settings: ModelSettings) throws
  func graph(_ weights: ModelWeights) throws -> Graph
}

/// Every `model_type` of config.json that can be built: a new one is a file and a line here.
let architectures: [(modelType: String, family: any (Architecture & Sendable).Type)] = [
  ("llama", Llama.self),
  ("mistral", Mistral.self),
  ("qwen2", Qwen2.self),
  ("qwen3", Qwen3.self),
]

/// Every `model_type` that `buildGraph` knows.
public var supportedModelTypes: [String] { architectures.map(\.modelType) }

/// Builds the graph of a model directory. The family follows from config.json's `model_type`.
public func buildGraph(_ model: ModelDirectory) throws -> Graph {
  let settings = ModelSettings(model.configuration)
  guard settings.has("model_type") else { throw settings.missing("model_type") }
  let modelType = try settings.string("model_type", default: "")
  guard let family = architectures.first(where: { $0.modelType == modelType })?.family else {
    let known = architectures.map(\.modelType).sorted().joined(separator: ", ")
    throw settings.wrong("model_type", "one of \(known)")
  }
  let graph = try family.init(settings).graph(ModelWeights(model))
  try refuseUnusedTensors(model, graph)
  return graph
}

/// A tensor that the graph leaves out means that the model computes something else than the graph.
private func refuseUnusedTensors(_ model: ModelDirectory, _ graph: Graph) throws {
  let used = Set(graph.tensors.map(\.name))
  let tied = !used.contains("lm_head.weight")
  let unused = model.tensors.names.filter { name in
    !used.contains(name) && !isRemainder(name) && !(tied && name.hasPrefix("lm_head."))
  }
  guard let first = unused.first else { return }
  let others = unused.count > 1 ? " and \(unused.count - 1) more" : ""
  throw ModelError(
    "tensor \(printable(first))\(others): not a part of a \(graph.modelType) model; "
      + "config.json and the safetensors files don't belong together, or the model is of a kind "
      + "that isn't supported")
}

/// What checkpoints hold beside the weights: tables that follow from config.json, and scales for
/// caches of 8 bits, which nothing is computed with.
private func isRemainder(_ name: String) -> Bool {
  name.contains("rotary_emb.inv_freq") || name.hasSuffix(".k_scale") || name.hasSuffix(".v_scale")
}
