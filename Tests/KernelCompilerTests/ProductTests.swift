import Foundation
import ModelFiles
import Testing

@testable import KernelCompiler

/// Every weight format's product of 16 rows with a tile, on every tier, against double precision.
@Suite struct ProductTests {
  /// A matrix's format and its columns: one group, an odd number where there are no groups, and
  /// several groups of the formats whose scales stand apart.
  struct Case: Sendable {
    let format: WeightFormat
    let columns: Int
  }

  static let cases: [Case] = {
    let scaleTypes: [ScalarType] = [.bfloat16, .float16, .float32]
    let affine = AffineCodes.all.enumerated().flatMap { index, codes in
      [32, 64, 128].enumerated().map { place, group in
        WeightFormat.affine(
          bits: codes.bits, groupSize: group, scaleType: scaleTypes[(index + place) % 3])
      }
    }
    let blocks = BlockFloat.allCases.map(WeightFormat.blockFloat)
    let dense = scaleTypes.map { Case(format: .dense($0), columns: 37) }
    return (affine + blocks).map { Case(format: $0, columns: $0.groupSize ?? 0) }
      + blocks.map { Case(format: $0, columns: 5 * ($0.groupSize ?? 0)) }
      + dense + [3, 64, 130].map { Case(format: .dense(.bfloat16), columns: $0) }
  }()

  /// Each format once, which is what emulating an instruction set leaves time for: affine ones with
  /// each size of groups in turn.
  static let fewCases = cases.filter { product in
    switch product.format {
    case .affine(let bits, let group, _):
      let index = AffineCodes.all.firstIndex { $0.bits == bits } ?? 0
      return group == [32, 64, 128][index % 3]
    case .blockFloat(let mode): return product.columns > mode.groupSize
    case .dense: return true
    }
  }

  /// Four blocks that are read at once, where that is done, and a rest that isn't whole.
  static let rows = 71
  static let blocks = 5
  static let tokens = 17

  @Test(arguments: TestToolchain.different + [TestToolchain.portable], Numerics.allCases)
  func `products of all formats agree with double precision`(
    _ target: Target, _ numerics: Numerics
  ) throws {
    try check(Self.cases, target, numerics)
  }

  @Test(arguments: TestToolchain.emulated, Numerics.allCases)
  func `products agree with double precision on CPUs that are emulated`(
    _ target: Target, _ numerics: Numerics
  ) throws {
    // They differ in products of bytes and of bfloat16 alone.
    if numerics == .exact, target != TestToolchain.emulated.first { return }
    let cases = Self.fewCases.filter { product in
      numerics == .exact || target.instructions != .avx512bf16
        || product.format == .dense(.bfloat16)
    }
    try check(cases, target, numerics, optimisation: "-O0")
  }

  /// With the compiler's own intrinsics, where the products can't run.
  @Test func `products and the loops that measure peaks compile for CPUs that this one is not`()
    throws
  {
    let cases = Self.fewCases.filter { product in
      switch product.format {
      case .affine(let bits, _, _): bits == 8
      case .blockFloat(let mode): mode != .mxfp8
      case .dense: true
      }
    }
    let folder = try TestToolchain.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for target in Target.known where !TestToolchain.targets.contains(target) {
      try ProductHarness.compile(cases, target, .fast)
      try TestToolchain.toolchain.get().compile(
        files: ArithmeticPeak.source(for: target), flags: CompiledSource.flags(for: target),
        to: "\(folder)/roofline.so")
    }
  }

  /// Any optimisation gives the same bits; the first is quickest for few instructions a word.
  private func check(
    _ cases: [Case], _ target: Target, _ numerics: Numerics, optimisation: String = "-O1"
  ) throws {
    let harness = try ProductHarness(cases, target, numerics, optimisation)
    var weights = TestWeights(seed: 11)
    for (index, product) in cases.enumerated() {
      let columns = product.columns
      let name = "\(product.format.label), \(columns) columns"
      let matrix = weights.matrix(Self.rows, columns, product.format)
      let activations = ActivationFormat(product.format, numerics, target.instructions)
      var x = weights.numbers(Self.tokens * columns)
      if activations == .bf16 {
        for index in stride(from: 0, to: x.count, by: 3) { x[index] = Self.halfway(x[index]) }
      }
      let y = harness.multiply(index, matrix, x, tokens: Self.tokens)
      var used = x.map(Double.init)
      var bound = 4e-6
      switch activations {
      case .int8(let group): used = Self.rounded(x, group)
      case .bf16:
        used = x.map(Self.roundedToBFloat16)
        bound = Self.boundOfBFloat16(columns)
      case .float: break
      }
      expect(y, toBe: ReferenceModel.rows(matrix), times: used, within: bound, name)
      for tokens in 1..<Self.tokens {
        let alone = harness.multiply(
          index, matrix, Array(x.prefix(tokens * columns)), tokens: tokens)
        #expect(alone[...] == y.prefix(tokens * 16 * Self.blocks), "\(name), \(tokens) tokens")
      }
      for streams in [1, 2, 3, 4] {
        let one = harness.multiply(
          index, matrix, Array(x.prefix(columns)), tokens: 1, streams: streams)
        #expect(one[...] == y.prefix(16 * Self.blocks), "\(name), \(streams) streams")
      }
    }
  }

  private func expect(
    _ y: [Float], toBe dense: [[Double]], times x: [Double], within bound: Double, _ name: String
  ) {
    let columns = dense[0].count
    for token in 0..<Self.tokens {
      for row in 0..<Self.rows {
        let terms = (0..<columns).map { dense[row][$0] * x[token * columns + $0] }
        let wanted = terms.reduce(0, +)
        let scale = terms.reduce(0) { $0 + abs($1) }
        let error = abs(Double(y[token * 16 * Self.blocks + row]) - wanted)
        #expect(error <= bound * scale + 1e-7, "\(name), token \(token), row \(row)")
      }
    }
  }

  /// What int8 activations stand for: per group the largest is 127 steps.
  private static func rounded(_ x: [Float], _ group: Int) -> [Double] {
    stride(from: 0, to: x.count, by: group).flatMap { start -> [Double] in
      let values = x[start..<start + group]
      let largest = values.map(abs).max() ?? 0
      return values.map { value in
        Double((value * (127 / largest)).rounded(.toNearestOrEven)) * Double(largest / 127)
      }
    }
  }
}

extension ProductTests {
  /// The nearest number of 8 significant bits, of two equally near ones the even one.
  fileprivate static func roundedToBFloat16(_ x: Float) -> Double {
    let lower = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
    let upper = Float(bitPattern: lower.bitPattern + 0x1_0000)
    let (below, above) = (abs(Double(x) - Double(lower)), abs(Double(upper) - Double(x)))
    let takesLower = below == above ? lower.bitPattern & 0x1_0000 == 0 : below < above
    return Double(takesLower ? lower : upper)
  }

  /// A number near this one that lies between two of bfloat16.
  fileprivate static func halfway(_ x: Float) -> Float {
    Float(bitPattern: x.bitPattern & 0xFFFF_0000 | 0x8000)
  }

  /// How far a sum of products may be from the exact one, for each unit of their magnitudes: a
  /// product of two numbers of 8 bits is exact in 24, and each of the additions rounds by 2^-24 at
  /// most, of a number that is at most the sum of all magnitudes. A column's product goes through as
  /// many as its chain has columns, whether the CPU adds the two of a pair to the sum in turn, as
  /// the instruction does, or to each other first, as SIMDe does; then two chains meet.
  fileprivate static func boundOfBFloat16(_ columns: Int) -> Double {
    let additions = columns.rounded(upTo: 4) / 2 + 1
    return Double(additions) * 0x1p-24 * 1.001  // terms of second order
  }
}

/// A library that exports the product of each format with rows of floats.
private struct ProductHarness {
  private typealias Multiply =
    @convention(c) (
      UnsafeRawPointer, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int32, Int32,
      UnsafeMutableRawPointer
    ) -> Void
  private let functions: [Multiply]

  init(
    _ cases: [ProductTests.Case], _ target: Target, _ numerics: Numerics, _ optimisation: String
  ) throws {
    let library = try TestToolchain.load(
      [("products.c", Self.text(cases, target, numerics))],
      CompiledSource.compilerFlags + target.compilerFlags + [optimisation])
    functions = try cases.indices.map { index in
      unsafeBitCast(try #require(dlsym(library, "multiply_\(index)")), to: Multiply.self)
    }
  }

  /// Sees to it that a target's C has no errors and gives no warnings.
  static func compile(
    _ cases: [ProductTests.Case], _ target: Target, _ numerics: Numerics
  ) throws {
    let flags = CompiledSource.compilerFlags + target.compilerFlags + ["-O0", "-Werror"]
    let files = [(name: "products.c", text: try text(cases, target, numerics))]
    _ = try TestToolchain.toolchain.get().assembly(files: files, flags: flags)
  }

  private static func text(
    _ cases: [ProductTests.Case], _ target: Target, _ numerics: Numerics
  ) throws -> String {
    let plan = try KernelCompiler.plan(TestModel().graph(), target: target, numerics: numerics)
    let templates = TemplateLibrary()
    var writer = CodeWriter(plan: plan, templates: templates)
    var exports: [String] = []
    for (index, product) in cases.enumerated() {
      exports.append(export(index, product, &writer))
    }
    let words = ["isa/types.h"] + target.instructions.headers
    return (["model_abi.h"] + words).map(templates.text).joined()
      + """
      enum { TILE = \(plan.tiles.tokens), ROWS_ALONE = 2, PAGE_POSITIONS = 64 };
      enum { STREAMS = \(plan.tiles.streams), STREAM_ROWS = \(plan.tiles.streamRows) };
      enum { USUAL_STREAMS = \(plan.tiles.usualStreams) };
      enum { PRODUCTS = \(plan.tiles.products) };
      static const size_t PAGE_BYTES = 0, SHARED_BYTES = 0, THREAD_BYTES = 0;

      """
      + (["functions.h", "meeting.h", "step.h", "rows.h"] + writer.headers)
      .map(templates.text).joined()
      + (writer.written.all + exports).joined(separator: "\n") + "\n"
  }

  private static func export(
    _ index: Int, _ product: ProductTests.Case, _ writer: inout CodeWriter
  ) -> String {
    let columns = product.columns
    let matrix = MatrixShape(
      format: product.format, rows: ProductTests.rows, columns: columns,
      blocks: ProductTests.blocks, offset: 0,
      stride: product.format.blockBytes(columns: columns), bias: nil)
    let input = InputShape(
      source: Buffer(name: "x", offset: 0), columns: columns, norm: nil, wantedRows: false,
      activations: [writer.rows(for: matrix)], room: Buffer(name: "prepared", offset: 0))
    let rows = writer.rows(for: matrix)
    let storing = rows.storing(input)
      .replacing("(\(rows.label), x", with: "(&\(rows.label), padded")
    return """
      __attribute__((visibility("default")))
      void multiply_\(index)(const uint8_t *weights, const float *x, float *y, int rows,
                             int streams, uint8_t *room) {
          enum { COLUMNS = \(columns), ROW = \(input.row), BLOCKS = \(matrix.blocks) };
          enum { STRIDE = \(matrix.stride), TOGETHER = \(writer.together([matrix])) };
          const model_step step = {.streams = streams};
          const struct context context = {.streams = streams_of(&step)}, *c = &context;
          \(rows.taking(input).replacing("capacity", with: "rows"))
          for (int row = 0; row < rows; row++) {
              float padded[ROW] = {0};
              for (int i = 0; i < COLUMNS; i++) padded[i] = x[row * COLUMNS + i];
              for (int from = 0, end; from < ROW; from = end) {
                  end = smaller(from + PIECE, ROW);
                  \(storing)
              }
          }
          for (int rest = 0; rest < 2; rest++) {
              const struct strip part = strip_of(c, 0, BLOCKS, rows, TOGETHER, rest);
              for (int block = part.first; block < part.first + part.count; block++)
                  for (int row = 0; row < rows; row += TILE) {
                      const int tokens = tokens_in_tile(row, rows);
                      f32x16 products[PRODUCTS];
                      \(writer.product(matrix))(products, weights + block * STRIDE,
                          part.count * STRIDE, &\(rows.label), row, part.streams, tokens);
                      for (int i = 0; i < part.streams * tokens; i++)
                          store(y + (row + i % tokens) * 16 * BLOCKS +
                                    16 * (block + i / tokens * part.count), products[i]);
                  }
          }
      }
      """
  }

  /// (tokens, 16 * blocks) products, of which the matrix has the first rows; `streams` is the step's.
  func multiply(
    _ index: Int, _ matrix: WeightMatrix, _ x: [Float], tokens: Int, streams: Int = 0
  ) -> [Float] {
    let packed = PackedMatrix(matrix: matrix, sections: 1, stride: 0)
    let bytes = packed.blockBytes
    let room = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 64)
    let blocks = UnsafeMutableRawPointer.allocate(byteCount: packed.blocks * bytes, alignment: 64)
    defer {
      room.deallocate()
      blocks.deallocate()
    }
    blocks.initializeMemory(as: UInt8.self, repeating: 0, count: packed.blocks * bytes)
    for block in 0..<packed.blocks { packed.pack(block: block, into: blocks + block * bytes) }
    var y = [Float](repeating: 0, count: tokens * 16 * packed.blocks)
    functions[index](blocks, x, &y, Int32(tokens), Int32(streams), room)
    return y
  }
}
