import ModelGraph

/// Names what library and weights must agree on: every tensor's place, shape and format.
func layoutSignature(_ graph: Graph, tensors: [PackedTensor]) -> String {
  var hash = FNV1a()
  hash.add("\(graph.modelType) \(graph.vocabulary) \(graph.hidden) \(graph.layers)")
  for tensor in tensors { hash.add(tensor.summary) }
  return hash.text
}

/// The 64-bit hash of Fowler, Noll and Vo: enough to tell layouts apart by mistake, not by malice.
struct FNV1a {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ line: String) {
    for byte in line.utf8 + [10] { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  /// 16 hexadecimal digits.
  var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension PackedTensor {
  /// "4096 layers.0.attention.query q4_g64_bf16 2048x1024 in 16, stride 9216".
  var summary: String {
    switch content {
    case .matrix(let packed):
      let shape = "\(packed.matrix.rows)x\(packed.matrix.columns)"
      let sections = packed.sections == 1 ? "" : " in \(packed.sections)"
      let format = packed.matrix.format.label
      return "\(offset) \(name) \(format) \(shape)\(sections), stride \(packed.stride)"
    case .vector(let vector):
      let sections = vector.sections == 1 ? "" : " in \(vector.sections)"
      return "\(offset) \(name) f32 \(vector.count)\(sections)"
    }
  }
}
