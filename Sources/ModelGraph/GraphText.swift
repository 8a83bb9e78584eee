import ModelFiles

/// The graph as text, for `--emit graph`: a line per operation, layers of the same kind once.
public func printGraph(_ graph: Graph) -> String {
  GraphText(graph: graph).lines()
}

/// Lays a graph out as text. Values go by the role of the operation that writes them.
private struct GraphText {
  let graph: Graph

  func lines() -> String {
    var lines = header()
    var printed: [(lines: [String], name: String)] = []
    for section in sections() {
      if let twin = printed.first(where: { $0.lines == section.lines }) {
        lines += ["", "\(section.name): as \(twin.name)"]
      } else {
        lines += ["", "\(section.name):"] + section.lines
        printed.append(section)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func header() -> [String] {
    let attention = graph.attentionLayers
    return [
      "\(graph.modelType): \(graph.layers) layers, \(graph.hidden) hidden, "
        + "\(graph.vocabulary) vocabulary, \(graph.contextLimit) positions",
      "\(graph.operations.count) operations, \(attention.count) with a cache; "
        + "\(graph.tensors.count) tensors, \(graph.weightBytes) bytes",
    ]
  }

  /// Runs of operations: what stands before and after the layers, and layers that are alike.
  private func sections() -> [(lines: [String], name: String)] {
    var sections: [(lines: [String], first: Int?, last: Int?)] = []
    var start = 0
    while start < graph.operations.count {
      let layer = graph.operations[start].layer
      let end = graph.operations[start...].firstIndex { $0.layer != layer }
      let lines = section(graph.operations[start..<(end ?? graph.operations.count)])
      if layer != nil, let previous = sections.last, previous.last != nil, previous.lines == lines {
        sections[sections.count - 1].last = layer
      } else {
        sections.append((lines, layer, layer))
      }
      start = end ?? graph.operations.count
    }
    return sections.enumerated().map { index, section in
      (section.lines, name(section.first, section.last, isFirst: index == 0))
    }
  }

  private func name(_ first: Int?, _ last: Int?, isFirst: Bool) -> String {
    guard let first, let last else { return isFirst ? "before the layers" : "after the layers" }
    return first == last ? "layer \(first)" : "layers \(first) to \(last)"
  }

  private func section(_ operations: ArraySlice<Operation>) -> [String] {
    let roles = operations.map { role(of: $0, in: $0.layer) }
    let width = roles.map(\.count).max() ?? 0
    let shapes = operations.map { "rows x \(graph[$0.output].columns)" }
    let shapeWidth = shapes.map(\.count).max() ?? 0
    return zip(zip(roles, shapes), operations).map { names, operation in
      let inputs = operation.inputs.map { role(of: $0, in: operation.layer) }
      return "  \(padded(names.0, width))  \(padded(names.1, shapeWidth))  "
        + operation.kind.summary(inputs: inputs.joined(separator: ", "))
    }
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// The role without its layer; what comes from another layer is "input".
  private func role(of value: Value.ID, in layer: Int?) -> String {
    guard let producer = graph.producer(of: value) else { return "?" }
    return layer != nil && producer.layer != layer ? "input" : role(of: producer, in: layer)
  }

  private func role(of operation: Operation, in layer: Int?) -> String {
    let prefix = layer.map { "layers.\($0)." } ?? ""
    return operation.role.hasPrefix(prefix)
      ? String(operation.role.dropFirst(prefix.count)) : operation.role
  }
}

extension Operation.Kind {
  /// What the operation does to its inputs, in one line.
  fileprivate func summary(inputs: String) -> String {
    switch self {
    case .embed(let embedding):
      let scale = embedding.scale == 1 ? "" : " * \(embedding.scale)"
      return "embed(tokens)\(scale), \(embedding.weight.summary)"
    case .norm(let norm): return "\(norm.name)(\(inputs))\(norm.details)"
    case .linear(let linear):
      return "linear(\(inputs)), \(linear.weight.summary)\(linear.bias == nil ? "" : " + bias")"
    case .rope(let rope): return "rope(\(inputs)), \(rope.details)"
    case .attention(let attention): return "attention(\(inputs)), \(attention.details)"
    case .activation(let function): return "\(function.rawValue)(\(inputs))"
    case .multiply: return "multiply(\(inputs))"
    case .add: return "add(\(inputs))"
    case .scale(let factor): return "scale(\(inputs)) * \(factor)"
    case .softcap(let limit): return "softcap(\(inputs)) at \(limit)"
    }
  }
}

extension WeightMatrix {
  fileprivate var summary: String { "\(rows) x \(columns) \(format.summary)" }
}

extension Norm {
  fileprivate var name: String {
    switch style {
    case .rms: "rms_norm"
    case .layer: "layer_norm"
    }
  }

  fileprivate var details: String {
    let offset = weightOffset == 0 ? "" : ", weight + \(weightOffset)"
    let parts = (weight == nil ? ", no weight" : offset) + (bias == nil ? "" : " + bias")
    return (heads == 1 ? "" : ", each of \(heads) heads") + parts + ", epsilon \(epsilon)"
  }
}

extension Rope {
  fileprivate var details: String {
    let lowest = inverseFrequencies.last ?? 0
    var parts = "\(heads) heads of \(headDimension), \(rotatedChannels) rotated"
    parts += ", frequencies \(inverseFrequencies.first ?? 0) to \(lowest)"
    if magnitude != 1 { parts += ", magnitude \(magnitude)" }
    if interleaved { parts += ", interleaved" }
    if let dynamic {
      parts += ", dynamic base \(dynamic.base) factor \(dynamic.factor) beyond \(dynamic.limit)"
    }
    return parts
  }
}

extension Attention {
  fileprivate var details: String {
    let window = window.map { ", window \($0)" } ?? ""
    return "\(heads) heads of \(headDimension) over \(keyValueHeads), scale \(scale)\(window)"
  }
}
