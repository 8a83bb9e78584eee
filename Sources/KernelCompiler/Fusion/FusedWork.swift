import ModelFiles
import ModelGraph

/// What the plan asks of a kernel, whatever it computes.
extension FusedKernel.Work {
  /// The value that other kernels read; none for logits, which leave the step.
  var output: Value.ID? {
    switch self {
    case .embed(_, let output), .attention(_, _, let output): output
    case .heads(let heads): heads.output
    case .gated(let gated): gated.output
    case .residual(let residual): residual.output
    case .logits: nil
    }
  }

  /// What the output is to the kernels after it.
  var outputName: String {
    switch self {
    case .embed, .residual: "residual"
    case .heads: "queries"
    case .attention: "attended"
    case .gated: "gated"
    case .logits: "logits"
    }
  }

  func reads(_ value: Value.ID) -> Bool {
    switch self {
    case .embed: false
    case .attention(_, let query, _): query == value
    case .heads(let heads): heads.input.value == value
    case .gated(let gated): gated.input.value == value
    case .residual(let residual): residual.input.value == value || residual.residual == value
    case .logits(let logits): logits.input.value == value
    }
  }

  /// Floats of one row of the output; heads of a query are padded to whole vectors.
  func outputRow(_ graph: Graph) -> Int {
    if case .heads(let heads) = self {
      return heads.attention.heads * heads.attention.headDimension.rounded(upTo: blockRows)
    }
    return output.map { graph[$0].columns.rounded(upTo: blockRows) } ?? 0
  }

  var linears: [Linear] {
    switch self {
    case .embed, .attention: []
    case .heads(let heads): [heads.query.linear, heads.key.linear, heads.value.linear]
    case .gated(let gated): [gated.gate, gated.up]
    case .residual(let residual): [residual.linear]
    case .logits(let logits): [logits.linear]
    }
  }

  /// The forms in which the kernel's matrices want the rows that they multiply, without repeats.
  func activations(
    _ numerics: Numerics, _ instructions: InstructionSet
  ) -> (formats: [ActivationFormat], columns: Int)? {
    guard let first = linears.first else { return nil }
    var formats: [ActivationFormat] = []
    for linear in linears {
      let format = ActivationFormat(linear.weight.format, numerics, instructions)
      if !formats.contains(format) { formats.append(format) }
    }
    return (formats, first.weight.columns)
  }
}
