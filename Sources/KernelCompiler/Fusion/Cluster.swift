import ModelGraph

/// Operations that one kernel will compute together.
struct Cluster {
  var operations: [Operation]

  func writes(_ value: Value.ID) -> Bool { operations.contains { $0.output == value } }

  /// "layers.0.attention.query + layers.0.attention.key": for messages.
  var summary: String { operations.map(\.role).joined(separator: " + ") }
}

/// What is done to a product's every element before it is stored.
enum Finish: Hashable, Sendable {
  case scale(Float)
  case softcap(Float)
}

extension Operation {
  var finish: Finish? {
    switch kind {
    case .scale(let factor): .scale(factor)
    case .softcap(let limit): .softcap(limit)
    case .embed, .norm, .linear, .rope, .attention, .activation, .multiply, .add: nil
    }
  }
  var isLinear: Bool { if case .linear = kind { true } else { false } }
  var isRowNorm: Bool { if case .norm(let norm) = kind { norm.heads == 1 } else { false } }
  var isNorm: Bool { if case .norm = kind { true } else { false } }
  var isAttention: Bool { if case .attention = kind { true } else { false } }
  var isRope: Bool { if case .rope = kind { true } else { false } }
  var isActivation: Bool { if case .activation = kind { true } else { false } }
  var isMultiply: Bool { if case .multiply = kind { true } else { false } }
  var isFinish: Bool { finish != nil }
  var isAdd: Bool { if case .add = kind { true } else { false } }
}
