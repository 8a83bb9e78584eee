import ModelFiles

extension CodeWriter {
  /// Writes the product of 16 rows of such a matrix with a tile of prepared rows; its name.
  mutating func product(_ matrix: MatrixShape) -> String {
    let label = matrix.format.label
    let activations = rows(for: matrix)
    var values = holes(matrix)
    values["columns"] = nil
    values["tile"] = "tile_\(label)"
    values["cases"] = productCases("tile_\(label)", together: together([matrix]))
    let template: String
    switch (matrix.format, activations) {
    case (_, .bf16): template = "quant/product_bf16.c"
    case (.dense(let type), _):
      template = "quant/product_dense.c"
      values["load_columns"] = "columns_\(type.label)"
      values["column_bytes"] = "\(blockRows * type.byteCount)"
    case (.affine, .int8):
      template = "quant/product_affine_int8.c"
      let scales = ["code_bytes", "scale_bytes", "load_scales"]
      values["group_product"] = int8Group(
        matrix.format, "quant/group_affine_int8.c", values.filter { scales.contains($0.key) })
      values["load_scales"] = nil
    case (.affine, .float):
      template = "quant/product_affine_float.c"
      values["dots"] = groupFunction("float_dots", "quant/dots_float.c", matrix.format, [:])
      values["columns_of"] = groupFunction(
        "columns_of", "quant/columns_affine.c", matrix.format, [:])
    case (.blockFloat(let mode), .int8):
      template = "quant/product_block_int8.c"
      values["group_product"] = int8Group(
        matrix.format, "quant/group_block_int8.c",
        ["zero": "ZERO_\(mode.codes.uppercased())", "load_scales": mode.loadScales])
      values["load_scales"] = nil
      values["chunk"] = nil
      values["scale_bytes"] = nil
      values["code_bytes"] = "\(mode.groupSize * mode.bits * blockRows / 8)"
    case (.blockFloat(let mode), .float):
      template = "quant/product_block_float.c"
      values["scale_bytes"] = nil
      values["load_columns"] = "columns_\(mode.codes)"
      values["code_bytes"] = "\(mode.groupSize * mode.bits * blockRows / 8)"
    }
    if case .float = activations { include("quant/columns.h") }
    write("product_\(label)", template, values)
    return "product_\(label)"
  }

  /// Writes what a group of such a matrix adds to the sums of rows of bytes; its name.
  private mutating func int8Group(
    _ format: WeightFormat, _ template: String, _ holes: [String: String]
  ) -> String {
    let sums = ByteSums(format, plan.target.instructions)
    let values = [
      "format": format.label, "dots": int8Dots(format, sums),
      "width": sums.fewCollections ? "REGISTERS" : "1",
      "unroll": sums.fewCollections ? "UNROLL" : "DONT_UNROLL",
    ]
    write("group_\(format.label)", template, values.merging(holes) { $1 })
    return "group_\(format.label)"
  }

  /// Writes the products of a group's codes with bytes; its name.
  private mutating func int8Dots(_ format: WeightFormat, _ sums: ByteSums) -> String {
    groupFunction(
      "dots", "quant/dots_int8.c", format,
      [
        "together": "\(sums.together)", "unrolled": "\(sums.unrolled)",
        "sums_type": "\(sums.kind)_sums", "add": "add_\(sums.kind)",
        "collect": "collect_\(sums.kind)",
      ])
  }

  /// Writes a function of a group's codes; its name.
  private mutating func groupFunction(
    _ name: String, _ template: String, _ format: WeightFormat, _ more: [String: String]
  ) -> String {
    let values = [
      "format": format.label, "group": "\(format.groupSize ?? 0)",
      "chunk": "\(format.codesTogether)", "unpack": format.unpack,
    ]
    write("\(name)_\(format.label)", template, values.merging(more) { $1 })
    return "\(name)_\(format.label)"
  }

  /// One for each number of blocks and rows that a product takes.
  private func productCases(_ tile: String, together: Int) -> String {
    let tiles = plan.tiles
    var shapes = Set([1, 2, tiles.streams]).sorted().flatMap { blocks in
      (1...tiles.streamRows).map { (blocks, $0) }
    }
    for blocks in Set([1, together]).sorted() {
      shapes += (1...tiles.tokens).map { (blocks, $0) }.filter { shape in
        !shapes.contains { $0 == shape }
      }
    }
    return shapes.map { blocks, tokens in
      "case \(blocks) * TILE + \(tokens): "
        + "\(tile)(y, weights, apart, x, row, \(blocks), \(tokens)); break;"
    }.joined(separator: "\n")
  }

  /// How many blocks of such matrices are multiplied with what is read of several rows once.
  func together(_ matrices: [MatrixShape]) -> Int {
    let areBytes = matrices.allSatisfy { if case .int8 = rows(for: $0) { true } else { false } }
    return areBytes ? plan.tiles.blocksTogether : 1
  }

  /// Writes the look-up of one row in such a table; its name.
  mutating func table(_ matrix: MatrixShape) -> String {
    let name = "row_of_\(matrix.format.label)_\(matrix.columns)"
    var values = holes(matrix)
    switch matrix.format {
    case .dense(let type):
      values["element"] = "element_\(type.label)"
      values["block_bytes"] = "\(matrix.stride)"
      write(name, "quant/table_dense.c", values)
    case .affine(let bits, _, _):
      values["code"] = "code_\(bits)"
      write(name, "quant/table_affine.c", values)
    case .blockFloat(let mode):
      values["element"] = "element_\(mode.codes)"
      values["block_bytes"] = "\(matrix.stride)"
      values["chunk"] = nil
      write(name, "quant/table_block.c", values)
    }
    return name
  }

  private mutating func holes(_ matrix: MatrixShape) -> [String: String] {
    var values = ["format": matrix.format.label, "columns": "\(matrix.columns)"]
    switch matrix.format {
    case .dense(let type): include("quant/dense_\(type.label).h")
    case .affine(let bits, let group, let scaleType):
      if let codes = matrix.format.codes { include(codes.header) }
      values["group"] = "\(group)"
      values["code_bytes"] = "\(group * bits * blockRows / 8)"
      values["scale_bytes"] = "\(blockRows * scaleType.byteCount)"
      values["load_scales"] = "load_\(scaleType.label)"
    case .blockFloat(let mode):
      include("quant/block_scales.h")
      include("quant/\(mode.codes).h")
      values["group"] = "\(mode.groupSize)"
      values["chunk"] = "\(mode.chunk)"
      values["scale_bytes"] = "\(mode.packedScaleBytes(columns: matrix.columns))"
      values["load_scales"] = mode.loadScales
    }
    return values
  }
}
