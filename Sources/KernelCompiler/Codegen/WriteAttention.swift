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
    if let norm = part.norm {
      let weight = "(const float *)(weights + \(norm.weight))"
      finish.append(
        "rms_normalise(channels[t], channels[t], \(weight), DIMENSION, PADDED, "
          + "\(norm.epsilon.literal));")
    }
    if let rope = part.rope {
      let rotate = rope.interleaved ? "rotate_neighbours" : "rotate_halves"
      finish.append(
        "const float *angles = shared_floats(c, \(constant(rope.table))) + (size_t)(row + t) * "
          + "\(2 * rope.pairs);")
      finish.append("\(rotate)(channels[t], angles, angles + \(rope.pairs), \(rope.pairs));")
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
      "tensor": "\(part.matrix.offset)", "bias": biasLine(part.matrix, "y", block: "line"),
      "finish": finish.joined(separator: "\n"),
    ]
  }

  private mutating func storing(_ part: HeadShape, _ shape: HeadsShape) -> String {
    switch part.role {
    case .query:
      "float *to = shared_floats(c, \(constant(shape.output))) + "
        + "((size_t)(row + t) * HEADS + head) * PADDED;\ncopy_row(to, channels[t], PADDED);"
    case .key: "store_key(c, call, channels[t], row + t, head, DIMENSION, PADDED);"
    case .value: "store_value(c, call, channels[t], row + t, head, DIMENSION, PADDED);"
    }
  }

  mutating func writeAttention(_ shape: AttentionShape, _ kernel: PlannedKernel) {
    let vectors = shape.padded / blockRows
    let together = max(1, 24 / shape.group)
    let runPositions = plan.runPages * Plan.pagePositions
    let wide = pageProduct(width: plan.tiles.width)
    let rest = vectors % plan.tiles.width
    write(
      kernel.name, "kernels/attention.c",
      [
        "summary": summary(of: kernel, "of every row over its sequence's pages"),
        "run": "\(kernel.name)_over_run", "gather": "\(kernel.name)_queries",
        "finish": "\(kernel.name)_finish", "attend": "\(kernel.name)_of_rows",
        "part": "\(kernel.name)_part", "divided": "\(kernel.name)_divided",
        "heads": "\(shape.heads)", "key_value_heads": "\(shape.keyValueHeads)",
        "group": "\(shape.group)", "dimension": "\(shape.dimension)",
        "padded": "\(shape.padded)", "window": "\(shape.window ?? 0)",
        "scale": shape.scale.literal, "query": constant(shape.query),
        "output": constant(shape.output),
        "row": "\((shape.heads * shape.dimension).rounded(upTo: blockRows))",
        "rows_together": "\(together)", "most_queries": "\(together * shape.group)",
        "parts": "\(shape.parts)",
        "runs": "\((plan.contextLimit + runPositions - 1) / runPositions)",
        "wide": wide, "narrow": rest == 0 ? wide : pageProduct(width: rest),
      ])
  }

  private mutating func pageProduct(width: Int) -> String {
    let name = "page_product_\(width)"
    write(
      name, "kernels/attention_product.c",
      [
        "width": "\(width)",
        "cases": cases(upTo: plan.tiles.queries) {
          "product_tile(y, y_stride, factors, a, a_stride, b, b_stride, depth, \($0), \(width))"
        },
      ])
    return name
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
