import ModelFiles
import ModelGraph

/// All that decides a generated function's text but its name: layers with equal shapes share one.
/// Offsets of tensors count from the call's weights, offsets of buffers from the scratch's start.
enum KernelShape: Hashable, Sendable {
  case ropeTable(RopeTableShape)
  case embed(EmbedShape)
  case heads(HeadsShape)
  case attention(AttentionShape)
  case gated(GatedShape)
  case residual(ResidualShape)
  case logits(LogitsShape)
}

/// A piece of the scratch that all threads share.
struct Buffer: Hashable, Sendable {
  /// What it holds: "residual", "queries".
  let name: String
  let offset: Int
}

/// A packed matrix as a kernel reads it.
struct MatrixShape: Hashable, Sendable {
  let format: WeightFormat
  let rows: Int
  let columns: Int
  let blocks: Int
  let offset: Int
  /// Bytes from one block of 16 rows to the next.
  let stride: Int
  /// Offset of (16 * blocks) floats added to the products.
  let bias: Int?

  var bytes: Int { blocks * format.blockBytes(columns: columns) }
  var operations: Int { 2 * rows * columns }
}

/// A norm with the offsets of its weights and biases, where it has any.
struct NormShape: Hashable, Sendable {
  let style: Norm.Style
  let weight: Int?
  let bias: Int?
  let epsilon: Float
}

/// How a kernel prepares the rows it multiplies.
enum ActivationFormat: Hashable, Sendable {
  /// Bytes with a scale and a sum for each group.
  case int8(group: Int)
  /// Floats, with a sum for each group where weights come in groups.
  case float(group: Int?)
  /// bfloat16, two columns in a word.
  case bf16

  init(_ format: WeightFormat, _ numerics: Numerics, _ instructions: InstructionSet) {
    switch (format, numerics) {
    case (.affine(_, let group, _), .fast): self = .int8(group: group)
    case (.affine(_, let group, _), .exact): self = .float(group: group)
    case (.blockFloat(.mxfp4), .fast): self = .int8(group: BlockFloat.mxfp4.groupSize)
    case (.blockFloat(.nvfp4), .fast): self = .int8(group: BlockFloat.nvfp4.groupSize)
    // Values of E4M3 are no small multiples of one unit: they are multiplied as floats.
    case (.blockFloat(.mxfp8), .fast), (.blockFloat, .exact): self = .float(group: nil)
    case (.dense(.bfloat16), .fast) where instructions.multipliesBFloat16: self = .bf16
    case (.dense, _): self = .float(group: nil)
    }
  }

  /// "int8_g64", "floats", "bf16": names the prepared rows in the C.
  var label: String {
    switch self {
    case .int8(let group): "int8_g\(group)"
    case .float(let group): group.map { "floats_g\($0)" } ?? "floats"
    case .bf16: "bf16"
    }
  }

  /// What that many rows take, each array on its own cache lines, as `take_rows` in rows.h has it.
  func bytes(rows: Int, columns: Int) -> Int {
    let groups: Int
    let values: Int
    switch self {
    case .int8(let group): (groups, values) = (2 * (columns / group), columns)
    case .float(let group):
      (groups, values) = (group.map { columns / $0 } ?? 0, 4 * columns.rounded(upTo: blockRows))
    case .bf16: (groups, values) = (0, 2 * columns.rounded(upTo: blockRows))
    }
    return (rows * values).rounded(upTo: 64) + (rows * groups * 4).rounded(upTo: 64) + 64
  }
}

/// What a projection reads: rows of a buffer, normalised or not, in every format its matrices need.
struct InputShape: Hashable, Sendable {
  let source: Buffer
  let columns: Int
  let norm: NormShape?
  /// Only the rows whose logits are wanted.
  let wantedRows: Bool
  let activations: [ActivationFormat]
  /// For the prepared rows of all threads.
  let room: Buffer

  /// Floats from one row of the source to the next.
  var row: Int { columns.rounded(upTo: blockRows) }

  func bytes(rows: Int) -> Int { Self.bytes(activations, rows: rows, columns: columns) }

  static func bytes(_ activations: [ActivationFormat], rows: Int, columns: Int) -> Int {
    activations.reduce(0) { $0 + $1.bytes(rows: rows, columns: columns) }
  }
}

/// Cosines and sines of every row of a step.
struct RopeTableShape: Hashable, Sendable {
  let frequencies: Int
  let pairs: Int
  let magnitude: Float
  let dynamic: Rope.DynamicScaling?
  let output: Buffer
}

extension Rope.DynamicScaling: Hashable {
  public func hash(into hasher: inout Hasher) {
    hasher.combine(base)
    hasher.combine(factor)
    hasher.combine(limit)
  }
}

struct EmbedShape: Hashable, Sendable {
  let table: MatrixShape
  let scale: Float
  let output: Buffer
}

/// What is done to one head after its product.
struct HeadShape: Hashable, Sendable {
  enum Role: String, Sendable { case query, key, value }

  let role: Role
  let matrix: MatrixShape
  let heads: Int
  let norm: NormShape?
  let rope: RotationShape?
}

struct RotationShape: Hashable, Sendable {
  let table: Buffer
  let pairs: Int
  let interleaved: Bool
}

struct HeadsShape: Hashable, Sendable {
  let input: InputShape
  /// Query, key, value.
  let parts: [HeadShape]
  let dimension: Int
  let output: Buffer

  var padded: Int { dimension.rounded(upTo: blockRows) }
}

struct AttentionShape: Hashable, Sendable {
  let heads: Int
  let keyValueHeads: Int
  let dimension: Int
  let scale: Float
  let window: Int?
  let query: Buffer
  let output: Buffer
  /// Offset of a unit's states in a thread's scratch, for runs that are divided among threads.
  let parts: Int

  var group: Int { heads / keyValueHeads }
  var padded: Int { dimension.rounded(upTo: blockRows) }
  /// Floats of a query's state: 16 for the maximum and the total, then its sums.
  var stateFloats: Int { group * (16 + padded) }
}

struct GatedShape: Hashable, Sendable {
  let input: InputShape
  let gate: MatrixShape
  let up: MatrixShape
  let activation: Activation
  let output: Buffer
}

struct ResidualShape: Hashable, Sendable {
  let input: InputShape
  let matrix: MatrixShape
  let finish: [Finish]
  /// The residual stream, which the result replaces.
  let output: Buffer
}

struct LogitsShape: Hashable, Sendable {
  let input: InputShape
  let matrix: MatrixShape
  let finish: [Finish]
}
