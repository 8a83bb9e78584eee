/// Finding the tensors of a module and what format they are in.

extension ModelDirectory {
  /// The weights of a module, dense or quantised. A module is quantised exactly if its `.scales`
  /// are there; bits and group size follow from the shapes and the number of columns. Without
  /// `columns`, what config.json says must help.
  public func weightMatrix(_ path: String, columns: Int? = nil) throws -> WeightMatrix {
    if let method = quantization.foreignMethod, !tensors.contains(path + ".weight") {
      throw foreignFormat(method, path)
    }
    let weight = try tensors.tensor(path + ".weight")
    guard weight.shape.count == 2, weight.shape.allSatisfy({ $0 > 0 }) else {
      throw ModelError("tensor \(weight.name): shape \(weight.shape), expected a matrix")
    }
    if tensors.contains(path + ".scales") {
      return try quantizedMatrix(path, weight, columns: columns)
    }
    guard weight.type.isFloatingPoint else {
      if let method = quantization.foreignMethod { throw foreignFormat(method, path) }
      throw ModelError(
        "tensor \(weight.name): holds \(weight.type.name) codes, but \(path).scales is missing; "
          + "the download may be incomplete")
    }
    if let columns, weight.shape[1] != columns {
      throw ModelError(
        "tensor \(weight.name): shape \(weight.shape), expected \(columns) columns")
    }
    return WeightMatrix(
      path: path, rows: weight.shape[0], columns: weight.shape[1], format: .dense(weight.type),
      weight: weight)
  }

  /// A vector of `count` numbers: the weights of a norm, a bias.
  public func vector(_ name: String, count: Int) throws -> StoredTensor {
    let tensor = try tensors.tensor(name)
    guard tensor.type.isFloatingPoint, tensor.shape == [count] else {
      throw ModelError(
        "tensor \(printable(name)): \(tensor.summary), expected \(count) floating-point numbers")
    }
    return tensor
  }

  private func foreignFormat(_ method: String, _ path: String) -> ModelError {
    ModelError(
      "tensor \(printable(path)).weight: is missing or packed in the format of quant_method "
        + "\"\(printable(method))\" (quantization_config in config.json), which isn't supported; "
        + "use a model quantised by mlx_lm.convert")
  }

  /// Scales of one byte belong to floating-point codes, others to affine ones.
  private func quantizedMatrix(
    _ path: String, _ weight: StoredTensor, columns: Int?
  ) throws -> WeightMatrix {
    let scales = try tensors.tensor(path + ".scales")
    guard weight.type == .uint32, scales.shape.count == 2, scales.shape[0] == weight.shape[0],
      scales.shape[1] > 0
    else {
      throw ModelError(
        "tensor \(weight.name): \(weight.summary) doesn't fit its scales \(scales.summary)")
    }
    if scales.type == .uint8 { return try blockFloatMatrix(path, weight, scales, columns) }
    return try affineMatrix(path, weight, scales, columns)
  }

  private func blockFloatMatrix(
    _ path: String, _ weight: StoredTensor, _ scales: StoredTensor, _ columns: Int?
  ) throws -> WeightMatrix {
    let (words, groups) = (weight.shape[1], scales.shape[1])
    let mode = BlockFloat.allCases.first { mode in
      words == groups * (mode.groupSize * mode.bits / 32)
        && columns.map { $0 == groups * mode.groupSize } ?? true
    }
    guard let mode else {
      let width = columns.map { "\($0) columns" } ?? "any number of columns"
      throw ModelError(
        "tensor \(weight.name): \(words) words and \(groups) scales of one byte per row don't fit "
          + "\(width) in mxfp4, mxfp8 or nvfp4")
    }
    return WeightMatrix(
      path: path, rows: weight.shape[0], columns: groups * mode.groupSize,
      format: .blockFloat(mode), weight: weight, scales: scales)
  }

  private func affineMatrix(
    _ path: String, _ weight: StoredTensor, _ scales: StoredTensor, _ columns: Int?
  ) throws -> WeightMatrix {
    let stated = quantization.parameters(of: path)
    guard scales.type.isFloatingPoint, tensors.contains(path + ".biases") else {
      let mode = stated?.mode ?? "affine"
      let name = mode == "affine" ? "quantisation without biases" : "mode \(printable(mode))"
      throw ModelError(
        "tensor \(scales.name): \(scales.type.name) scales and no \(path).biases (\(name) by "
          + "config.json) are no format that is known: affine has biases, mxfp4, mxfp8 and nvfp4 "
          + "have uint8 scales; the download may be incomplete")
    }
    let biases = try tensors.tensor(path + ".biases")
    guard biases.shape == scales.shape, biases.type == scales.type else {
      throw ModelError(
        "tensor \(weight.name): \(weight.summary) doesn't fit its scales \(scales.summary) and "
          + "biases \(biases.summary)")
    }
    let layout = try affineLayout(
      words: weight.shape[1], groups: scales.shape[1], columns: columns, stated: stated, path: path)
    return WeightMatrix(
      path: path, rows: weight.shape[0], columns: layout.groupSize * scales.shape[1],
      format: .affine(bits: layout.bits, groupSize: layout.groupSize, scaleType: scales.type),
      weight: weight, scales: scales, biases: biases)
  }

  /// Bits and group size of `words` uint32 and `groups` scales per row.
  private func affineLayout(
    words: Int, groups: Int, columns: Int?, stated: Quantization.Parameters?, path: String
  ) throws -> (bits: Int, groupSize: Int) {
    let layouts = Self.affineGroupSizes.flatMap { size in
      Self.affineBits.map { (bits: $0, groupSize: size) }
    }
    let (bitsOfRow, overflow) = words.multipliedReportingOverflow(by: 32)
    let fitting = layouts.filter { layout in
      let (width, tooLarge) = groups.multipliedReportingOverflow(by: layout.groupSize)
      return !overflow && !tooLarge && width <= Int.max / 8 && width * layout.bits == bitsOfRow
        && columns.map { $0 == width } ?? true
    }
    if fitting.count == 1 { return fitting[0] }
    if let chosen = fitting.first(where: {
      $0.bits == stated?.bits && $0.groupSize == stated?.groupSize
    }) {
      return chosen
    }
    let width = columns.map { "\($0) columns" } ?? "the quantization in config.json"
    throw ModelError(
      "tensor \(path).weight: \(words) words and \(groups) scales per row don't fit \(width) in any "
        + "affine format (2, 3, 4, 5, 6 or 8 bits in groups of 32, 64 or 128)")
  }

  private static let affineBits = [2, 3, 4, 5, 6, 8]
  private static let affineGroupSizes = [32, 64, 128]
}
