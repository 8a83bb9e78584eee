import ModelGraph

extension CodeWriter {
  mutating func writeHeads(_ shape: HeadsShape, _ kernel: PlannedKernel) {
    let prepared = prepared(shape.input, for: kernel)
    var values = [
      "summary": summary(of: kernel, "query, key and value heads, each finished where it is made"),
      "query_heads": "\(shape.parts[0].heads)", "key_value_heads": "\(shape.parts[1].heads)",
      "pass": pass(shape.input), "prepared": prepared,
    ]
    for part in shape.parts {
      let name = "\(kernel.name)_\(part.role.rawValue)"
      write(name, "kernels/head.c", headHoles(part, shape))
      values[part.role.rawValue] = name
      values["\(part.role.rawValue)_rows"] = rows(for: part.matrix).label
    }
    write(kernel.name, "kernels/heads.c", values)
  }

  private mutating func headHoles(_ part: HeadShape, _ shape: HeadsShape) -> [String: String] {
    var finish: [String] = []
    if let bias = part.matrix.bias {
      let floats = "(const float *)(weights + \(bias)) + head * PADDED"
      finish.append("add_row(channel, \(floats), PADDED);")
    }
    if let norm = part.norm {
      finish += norm.statements("channel", "channel", "DIMENSION", "PADDED")
    }
    if let rope = part.rope {
      let rotate = rope.interleaved ? "rotate_neighbours" : "rotate_halves"
      finish.append(
        "const float *angles = shared_floats(c, \(constant(rope.table))) + (size_t)token * "
          + "\(2 * rope.pairs);")
      finish.append("\(rotate)(channel, angles, angles + \(rope.pairs), \(rope.pairs));")
    }
    finish.append(storing(part, shape))
    let steps = [
      part.matrix.bias.map { _ in "bias" }, part.norm.map { _ in "norm" },
      part.rope.map { _ in "rotation" },
    ].compactMap { $0 }
    let with = steps.isEmpty ? "" : " with \(steps.joined(separator: ", "))"
    return [
      "summary": "One \(part.role.rawValue) head of some rows\(with), \(part.role.destination).",
      "rows_type": rows(for: part.matrix).type, "heads": "\(part.heads)",
      "dimension": "\(shape.dimension)", "padded": "\(shape.padded)",
      "stride": "\(part.matrix.stride)", "product": product(part.matrix),
      "together": "\(together([part.matrix]))",
      "tensor": "\(part.matrix.offset)",
      "finish": finish.joined(separator: "\n"),
    ]
  }

  private mutating func storing(_ part: HeadShape, _ shape: HeadsShape) -> String {
    switch part.role {
    case .query:
      "float *to = shared_floats(c, \(constant(shape.output))) + "
        + "((size_t)token * HEADS + head) * PADDED;\ncopy_row(to, channel, PADDED);"
    case .key: "store_key(c, call, channel, token, head, DIMENSION, PADDED);"
    case .value: "store_value(c, call, channel, token, head, DIMENSION, PADDED);"
    }
  }

  mutating func writeAttention(_ shape: AttentionShape, _ kernel: PlannedKernel) {
    let together = max(1, 24 / shape.group)
    let runPositions = plan.runPages * Plan.pagePositions
    write(
      kernel.name, "kernels/attention.c",
      [
        "summary": summary(of: kernel, "of every row over its sequence's pages"),
        "page": "\(kernel.name)_over_page", "run": "\(kernel.name)_over_run",
        "gather": "\(kernel.name)_queries",
        "finish": "\(kernel.name)_finish", "attend": "\(kernel.name)_of_rows",
        "part": "\(kernel.name)_part", "divided": "\(kernel.name)_divided",
        "heads": "\(shape.heads)", "key_value_heads": "\(shape.keyValueHeads)",
        "group": "\(shape.group)", "dimension": "\(shape.dimension)",
        "padded": "\(shape.padded)", "window": "\(shape.window ?? 0)",
        "scale": shape.scale.literal, "query": constant(shape.query),
        "output": constant(shape.output),
        "row": "\((shape.heads * shape.dimension).rounded(upTo: blockRows))",
        "rows_together": "\(together)",
        "most_queries": "\(max(together * shape.group, shape.heads))",
        "parts": "\(shape.parts)",
        "runs": "\((plan.contextLimit + runPositions - 1) / runPositions)",
        "cases": cases(of: shape.queriesAtOnce(rows: together, most: plan.tiles.queries)) {
          "see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED, \($0), "
            + "\(plan.tiles.width(queries: $0, vectors: shape.padded / blockRows)))"
        },
      ])
  }
}

extension AttentionShape {
  /// The numbers of queries that one pass over a page can have to do with, when 1 to `rows` rows with
  /// `group` queries each are taken at most `most` at a time.
  fileprivate func queriesAtOnce(rows: Int, most: Int) -> [Int] {
    let counts = (1...rows).flatMap { row in
      stride(from: 0, to: row * group, by: most).map { min(most, row * group - $0) }
    }
    return Set(counts).sorted()
  }
}

extension HeadShape.Role {
  fileprivate var destination: String {
    switch self {
    case .query: "for attention to read"
    case .key, .value: "into its page"
    }
  }
}

extension Activation {
  /// The function of functions.h.
  var word: String {
    switch self {
    case .silu: "silu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_tanh"
    case .relu: "relu"
    }
  }
}
