import Foundation
import Testing

@testable import KernelCompiler

/// The vector functions of functions.h and angles.h against the C library, on every vocabulary.
@Suite struct FunctionTests {
  /// Vocabularies of AVX-512 have the words of functions in common.
  static let targets =
    TestToolchain.different + TestToolchain.emulated.prefix(1) + [TestToolchain.portable]

  @Test(arguments: targets)
  func `functions agree with the C library`(_ target: Target) throws {
    let library = try Self.library(target)
    let xs = (0..<4096).map { Float($0 - 2048) / 24 }
    for (name, exact) in Self.functions {
      let wanted = xs.map { exact(Double($0)) }
      let values = try Self.call(library, name, xs)
      for (index, x) in xs.enumerated() {
        let error = abs(Double(values[index]) - wanted[index])
        let size = max(abs(wanted[index]), name == "exponential" ? 0 : 0.75)
        #expect(error <= 4e-7 * size, "\(name)(\(x))")
      }
    }
  }

  @Test(arguments: targets)
  func `weights of scores that are far below the largest are zero`(_ target: Target) throws {
    let library = try Self.library(target)
    let near = (0..<1392).map { Float($0) / -16 }
    for (x, value) in zip(near, try Self.call(library, "exponential_below", near)) {
      #expect(abs(Double(value) - exp(Double(x))) <= 4e-7 * exp(Double(x)), "\(x)")
    }
    let far: [Float] = [-88, -89, -1e4, -1e30, -.infinity, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let weights = try Self.call(library, "exponential_below", far)
    #expect(weights == far.map { $0 == 0 ? 1 : 0 })
  }

  @Test func `angles keep their accuracy to position 131071`() throws {
    let target = try #require(TestToolchain.targets.first)
    let library = try Self.library(target)
    let positions = (0..<2048).map { Float($0 * 64 + 63) }
    let cosines = try Self.call(library, "cosine", positions)
    let sines = try Self.call(library, "sine", positions)
    for (index, position) in positions.enumerated() {
      let angle = Double(position) * 0.731
      #expect(abs(Double(cosines[index]) - cos(angle)) < 1e-7)
      #expect(abs(Double(sines[index]) - sin(angle)) < 1e-7)
    }
  }

  @Test(arguments: targets)
  func `halves are rounded to nearest even`(_ target: Target) throws {
    let library = try Self.library(target)
    let values: [Float] = [
      0, 1, -1, 1 + 0x1p-11, 1 + 3 * 0x1p-11, 1 + 0x1.1p-11, 65504, 65519, 65520, -70_000, 0x1p-14,
      0x1.8p-24, 0x1p-24, 0x1p-25, 0x1.1p-25, 0x1.ffep-15,
    ]
    let wanted: [Float] = [
      0, 1, -1, 1, 1 + 0x1p-9, 1 + 0x1p-10, 65504, 65504, .infinity, -.infinity, 0x1p-14,
      0x1p-23, 0x1p-24, 0, 0x1p-24, 0x1p-14,
    ]
    #expect(try Self.call(library, "half", values) == wanted)
  }

  private static let functions: [(String, @Sendable (Double) -> Double)] = [
    ("exponential", { exp(min(max($0, -87), 88)) }),
    ("silu", { $0 / (1 + exp(-$0)) }),
    ("gelu", { $0 * (1 + erf($0 / 2.0.squareRoot())) / 2 }),
    (
      "gelu_tanh",
      { $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) / 2 }
    ),
    ("relu", { max($0, 0) }),
  ]

  private static func library(_ target: Target) throws -> UnsafeMutableRawPointer {
    let templates = TemplateLibrary()
    let words = ["isa/types.h"] + target.instructions.headers + ["functions.h", "angles.h"]
    let vector = ["exponential", "exponential_below", "silu", "gelu", "gelu_tanh", "relu"].map {
      export($0, "store(y + i, \($0)(load(x + i)));")
    }
    let others = [
      export("half", "uint16_t h[16]; store_f16(h, load(x + i)); store(y + i, load_f16(h));"),
      export("cosine", angle("y[i + k]", "other")), export("sine", angle("other", "y[i + k]")),
    ]
    let text = (words.map(templates.text) + vector + others).joined(separator: "\n")
    let plan = try plan(TestModel().graph(), target: target, numerics: .exact)
    let flags = CompiledSource(files: [], plan: plan).compilerFlags + target.compilerFlags
    return try TestToolchain.load([("functions.c", text)], flags)
  }

  private static func angle(_ cosine: String, _ sine: String) -> String {
    "for (int k = 0; k < 16; k++) { float other; "
      + "cosine_and_sine(x[i + k] * 0.731, 1, &\(cosine), &\(sine)); (void)other; }"
  }

  private static func export(_ name: String, _ statement: String) -> String {
    """
    __attribute__((visibility("default"))) void test_\(name)(const float *x, float *y, int count);
    void test_\(name)(const float *x, float *y, int count) {
        for (int i = 0; i < count; i += 16) { \(statement) }
    }
    """
  }

  private static func call(
    _ library: UnsafeMutableRawPointer, _ name: String, _ x: [Float]
  ) throws -> [Float] {
    typealias Function =
      @convention(c) (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int32) -> Void
    let symbol = try #require(dlsym(library, "test_\(name)"))
    var y = [Float](repeating: 0, count: x.count)
    unsafeBitCast(symbol, to: Function.self)(x, &y, Int32(x.count))
    return y
  }
}
