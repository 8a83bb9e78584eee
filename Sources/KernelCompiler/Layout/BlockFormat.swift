import ModelFiles

/// Rows that stand together in packed weights, one to a lane.
let blockRows = 16

/// How the codes of an affine format of some bit width are packed and unpacked.
struct AffineCodes: Sendable {
  let bits: Int
  /// Columns that one call of the unpacking word yields.
  let chunk: Int
  /// Template with the words `unpack_N` and `code_N`.
  let header: String
  /// The widths that kernels exist for; a new one is a header and a line here.
  static let all = [
    AffineCodes(bits: 2, chunk: 16, header: "quant/affine2.h"),
    AffineCodes(bits: 3, chunk: 32, header: "quant/affine3.h"),
    AffineCodes(bits: 4, chunk: 8, header: "quant/affine4.h"),
    AffineCodes(bits: 5, chunk: 32, header: "quant/affine5.h"),
    AffineCodes(bits: 6, chunk: 16, header: "quant/affine6.h"),
    AffineCodes(bits: 8, chunk: 4, header: "quant/affine8.h"),
  ]
}

extension WeightFormat {
  /// "q4_g64_bf16", "bf16": part of function names.
  var label: String {
    switch self {
    case .dense(let type): type.label
    case .affine(let bits, let groupSize, let scaleType):
      "q\(bits)_g\(groupSize)_\(scaleType.label)"
    case .blockFloat(let mode): mode.rawValue
    }
  }

  /// Columns between which a row is cut into groups; nil for formats without.
  var groupSize: Int? {
    switch self {
    case .dense: nil
    case .affine(_, let groupSize, _): groupSize
    case .blockFloat(let mode): mode.groupSize
    }
  }

  var codes: AffineCodes? {
    switch self {
    case .dense, .blockFloat: nil
    case .affine(let bits, _, _): AffineCodes.all.first { $0.bits == bits }
    }
  }

  /// Bytes of 16 packed rows.
  func blockBytes(columns: Int) -> Int {
    switch self {
    case .dense(let type): columns.rounded(upTo: 4) * blockRows * type.byteCount
    case .affine(let bits, let groupSize, let scaleType):
      columns / groupSize
        * (groupSize * bits * blockRows / 8 + 2 * blockRows * scaleType.byteCount)
    case .blockFloat(let mode):
      mode.packedScaleBytes(columns: columns) + columns * mode.bits * blockRows / 8
    }
  }

  /// The word that unpacks codes; they have one unless they are dense.
  var unpack: String {
    switch self {
    case .dense(let type): "columns_\(type.label)"
    case .affine(let bits, _, _): "unpack_\(bits)"
    case .blockFloat(let mode): "unpack_\(mode.codes)"
    }
  }

  /// Columns that it yields.
  var codesTogether: Int {
    switch self {
    case .dense: 4
    case .affine: codes?.chunk ?? 4
    case .blockFloat(let mode): mode.chunk
    }
  }

  /// The largest code where codes are multiplied with bytes.
  var largestByteCode: Int {
    switch self {
    case .dense: 0
    case .affine(let bits, _, _): (1 << bits) - 1
    // Twice the largest value, counted from the smallest.
    case .blockFloat: 24
    }
  }

  /// Refuses what no kernel reads.
  func check(_ matrix: WeightMatrix) throws {
    switch self {
    case .dense(let type):
      guard type.isFloat else {
        throw CompilerError("\(matrix.path).weight: elements of type \(type.rawValue)")
      }
    case .affine(let bits, let groupSize, let scaleType):
      guard codes != nil, [32, 64, 128].contains(groupSize), scaleType.isFloat,
        matrix.columns % groupSize == 0, matrix.scales != nil, matrix.biases != nil
      else {
        throw CompilerError(
          "\(matrix.path): no kernel for \(bits) bits in groups of \(groupSize) over "
            + "\(matrix.columns) columns; the generic backend (--backend generic) may run it")
      }
    case .blockFloat(let mode):
      guard matrix.columns % mode.groupSize == 0, matrix.scales?.type == .uint8 else {
        throw CompilerError(
          "\(matrix.path).weight: \(mode.rawValue) needs a scale of one byte for each group of "
            + "\(mode.groupSize) of its \(matrix.columns) columns")
      }
    }
  }
}

extension BlockFloat {
  /// "e2m1": names the codes in the C.
  var codes: String {
    switch self {
    case .mxfp4, .nvfp4: "e2m1"
    case .mxfp8: "e4m3"
    }
  }

  /// "load_e8m0": the function that reads 16 scales.
  var loadScales: String {
    switch self {
    case .mxfp4, .mxfp8: "load_e8m0"
    case .nvfp4: "load_e4m3"
    }
  }

  /// Columns of one vector of codes.
  var chunk: Int { 32 / bits }

  /// What the scales of 16 rows take, in front of their codes.
  func packedScaleBytes(columns: Int) -> Int {
    (columns / groupSize * blockRows).rounded(upTo: 64)
  }
}

extension ScalarType {
  /// As functions of the templates are called: `load_bf16`.
  var label: String {
    switch self {
    case .float32: "f32"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .uint32: "u32"
    case .uint8: "u8"
    case .int32: "i32"
    }
  }

  var isFloat: Bool {
    switch self {
    case .float32, .float16, .bfloat16: true
    case .uint32, .uint8, .int32: false
    }
  }
}

extension Int {
  /// The next multiple of `unit`.
  func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
