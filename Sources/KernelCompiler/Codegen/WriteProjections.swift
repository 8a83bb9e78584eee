extension CodeWriter {
  mutating func writeGated(_ shape: GatedShape, _ kernel: PlannedKernel) {
    let prepared = prepared(shape.input, for: kernel)
    let biases = [
      biasLine(shape.gate, "gate", block: "line"), biasLine(shape.up, "up", block: "line"),
    ]
    write(
      kernel.name, "kernels/gated.c",
      [
        "summary": summary(of: kernel, "\(shape.activation.word)(gate) * up"),
        "blocks": "\(shape.gate.blocks)", "stride": "\(shape.gate.stride)",
        "pass": pass(shape.input), "prepared": prepared, "output": constant(shape.output),
        "together": "\(together([shape.gate, shape.up]))",
        "gate_product": product(shape.gate), "gate": "\(shape.gate.offset)",
        "gate_rows": rows(for: shape.gate).label,
        "up_product": product(shape.up), "up": "\(shape.up.offset)",
        "up_rows": rows(for: shape.up).label,
        "bias": biases.filter { !$0.isEmpty }.joined(separator: "\n"),
        "activation": shape.activation.word,
      ])
  }

  mutating func writeResidual(_ shape: ResidualShape, _ kernel: PlannedKernel) {
    let prepared = prepared(shape.input, for: kernel)
    write(
      kernel.name, "kernels/residual.c",
      [
        "summary": summary(of: kernel, "added to the residual stream"),
        "blocks": "\(shape.matrix.blocks)", "stride": "\(shape.matrix.stride)",
        "pass": pass(shape.input), "prepared": prepared, "output": constant(shape.output),
        "together": "\(together([shape.matrix]))",
        "product": product(shape.matrix), "tensor": "\(shape.matrix.offset)",
        "rows": rows(for: shape.matrix).label,
        "finish": finish(shape.matrix, shape.finish),
      ])
  }

  mutating func writeLogits(_ shape: LogitsShape, _ kernel: PlannedKernel) {
    let prepared = prepared(shape.input, for: kernel)
    write(
      kernel.name, "kernels/logits.c",
      [
        "summary": summary(of: kernel, "for the rows that want them"),
        "outputs": "\(shape.matrix.rows)",
        "blocks": "\(shape.matrix.blocks)", "stride": "\(shape.matrix.stride)",
        "pass": pass(shape.input), "prepared": prepared,
        "together": "\(together([shape.matrix]))",
        "product": product(shape.matrix), "tensor": "\(shape.matrix.offset)",
        "rows": rows(for: shape.matrix).label,
        "finish": finish(shape.matrix, shape.finish),
      ])
  }

  mutating func writeEmbed(_ shape: EmbedShape, _ kernel: PlannedKernel) {
    let finish =
      shape.scale == 1
      ? ""
      : "for (int i = 0; i < ROW; i += 16) store(y + i, load(y + i) * \(shape.scale.literal));"
    write(
      kernel.name, "kernels/embed.c",
      [
        "summary": summary(of: kernel, "each token's row of the table"),
        "columns": "\(shape.table.columns)",
        "row": "\(shape.table.columns.rounded(upTo: blockRows))", "output": constant(shape.output),
        "table": table(shape.table), "finish": finish,
      ])
  }

  mutating func writeRopeTable(_ shape: RopeTableShape, _ kernel: PlannedKernel) {
    var values = [
      "summary": summary(of: kernel, "cosines and sines of each row's position"),
      "tensor": "\(shape.frequencies)", "output": constant(shape.output), "pairs": "\(shape.pairs)",
      "magnitude": shape.magnitude.literal,
    ]
    include("angles.h")
    guard let dynamic = shape.dynamic else {
      return write(kernel.name, "kernels/rope_table.c", values)
    }
    values["limit"] = "\(dynamic.limit)"
    values["factor"] = "\(Double(dynamic.factor))"
    write(kernel.name, "kernels/rope_table_dynamic.c", values)
  }
}
