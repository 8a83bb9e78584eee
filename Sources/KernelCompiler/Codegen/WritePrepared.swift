extension CodeWriter {
  /// Writes what prepares columns of one row of a kernel's input, and returns the lines that call it.
  mutating func prepared(_ input: InputShape, for kernel: PlannedKernel) -> String {
    let name = "prepare_\(kernel.name)"
    write(
      name, "kernels/prepare.c",
      [
        "summary": preparation(input),
        "outputs": input.activations.map { "const struct \($0.type) *\($0.label)" }
          .joined(separator: ", "),
        "columns": "\(input.columns)",
        "row_floats": "\(input.row)",
        "source": constant(input.source),
        "source_row": input.wantedRows ? "c->step->logit_indices[row]" : "row",
        "normalise": normalise(input),
        "store": input.activations.map { $0.storing(input) }.joined(separator: "\n"),
      ])
    return templates.fill(
      "kernels/prepared.c",
      [
        "room": constant(input.room),
        "take": input.activations.map { $0.taking(input) }.joined(separator: "\n"),
        "columns": "\(input.row)",
        "prepare": name,
        "arguments": input.activations.map { "&\($0.label)" }.joined(separator: ", "),
      ])
  }

  private func normalise(_ input: InputShape) -> String {
    guard let norm = input.norm else { return "const float *x = source;\n(void)weights;" }
    let unused = norm.weight == nil && norm.bias == nil ? ["(void)weights;"] : []
    return
      (["float x[ROW] __attribute__((aligned(64)));"] + unused
      + norm.statements("x", "source", "COLUMNS", "ROW")).joined(separator: "\n")
  }

  private func preparation(_ input: InputShape) -> String {
    let what = input.norm == nil ? "of one row" : "of one row, normalised,"
    let forms = input.activations.map(\.phrase).joined(separator: " and ")
    return "Columns `from` to `end` \(what) as \(forms) for what follows."
  }

  /// Rows after which a kernel begins anew with its weights: as many as keep their prepared form in
  /// half of a common second-level cache.
  func pass(_ input: InputShape) -> String {
    let bytes = InputShape.bytes(input.activations, rows: 64, columns: input.columns) / 64
    let rows = 524_288 / bytes / plan.tiles.tokens * plan.tiles.tokens
    return "\(min(max(rows, plan.tiles.tokens), plan.maximumRows))"
  }

  /// The prepared rows that a matrix multiplies.
  func rows(for matrix: MatrixShape) -> ActivationFormat {
    ActivationFormat(matrix.format, plan.numerics, plan.target.instructions)
  }

  /// What is done to the products of one block before they are stored.
  func finish(_ matrix: MatrixShape, _ finish: [Finish]) -> String {
    let bias = biasLine(matrix, "y", block: "line")
    return ((bias.isEmpty ? [] : [bias]) + finish.map(\.statement)).joined(separator: "\n")
  }

  /// A statement that adds a matrix's bias to the products of one block.
  func biasLine(_ matrix: MatrixShape, _ vectors: String, block: String) -> String {
    matrix.bias.map { "add_bias(\(vectors), weights + \($0) + (size_t)\(block) * 64, tokens);" }
      ?? ""
  }
}

extension NormShape {
  /// Normalises a row of that many columns.
  func statements(_ to: String, _ from: String, _ columns: String, _ padded: String) -> [String] {
    func vector(_ offset: Int) -> String { "(const float *)(weights + \(offset))" }
    let sizes = "\(columns), \(padded), \(epsilon.literal)"
    var lines: [String]
    switch (style, weight) {
    case (.rms, let weight?):
      lines = ["rms_normalise(\(to), \(from), \(vector(weight)), \(sizes));"]
    case (.rms, nil): lines = ["rms_scale(\(to), \(from), \(sizes));"]
    case (.layer, let weight):
      lines = ["layer_normalise(\(to), \(from), \(sizes));"]
      if let weight { lines.append("multiply_row(\(to), \(vector(weight)), \(padded));") }
    }
    if let bias { lines.append("add_row(\(to), \(vector(bias)), \(padded));") }
    return lines
  }
}

extension Finish {
  /// Does it to the products of one block.
  var statement: String {
    switch self {
    case .scale(let factor): "for (int t = 0; t < tokens; t++) y[t] *= \(factor.literal);"
    case .softcap(let limit):
      "for (int t = 0; t < tokens; t++) y[t] = soft_cap(y[t], \(limit.literal));"
    }
  }
}

extension ActivationFormat {
  /// The C structure that holds such rows.
  var type: String {
    switch self {
    case .int8: "int8_rows"
    case .float: "float_rows"
    case .bf16: "bf16_rows"
    }
  }

  fileprivate var phrase: String {
    switch self {
    case .int8(let group): "bytes in groups of \(group)"
    case .float(nil): "floats"
    case .bf16: "bfloat16"
    case .float(let group?): "floats with sums of \(group)"
    }
  }

  func taking(_ input: InputShape) -> String {
    switch self {
    case .int8(let group):
      "const struct int8_rows \(label) = "
        + "take_int8_rows(&room, capacity, \(input.columns), \(group));"
    case .float(let group):
      "const struct float_rows \(label) = "
        + "take_float_rows(&room, capacity, \(input.columns), \(group ?? 0));"
    case .bf16:
      "const struct bf16_rows \(label) = take_bf16_rows(&room, capacity, \(input.columns));"
    }
  }

  func storing(_ input: InputShape) -> String {
    switch self {
    case .int8(let group):
      return "store_int8(\(label), x, row, rows, from, end, COLUMNS, \(group));"
    case .float(let group):
      let floats = "store_floats(\(label), x, row, rows, from, end, ROW);"
      guard let group else { return floats }
      return floats + "\nstore_sums(\(label), x, row, rows, from, end, COLUMNS, \(group));"
    case .bf16: return "store_bf16(\(label), x, row, rows, from, end);"
    }
  }
}
