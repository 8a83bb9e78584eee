import Foundation

/// What the cores of this machine can multiply at most, measured with the words that a target's
/// kernels are written in.
public struct ArithmeticPeak: @unchecked Sendable {
  private typealias Measure = @convention(c) (Int32) -> Double
  private let int8: Measure
  private let int16: Measure
  private let float: Measure
  private let bf16: Measure?

  /// Compiles the measuring loops for a target, which this machine must be able to run.
  public init(target: Target, toolchain: Toolchain) throws {
    let files = try Self.source(for: target)
    let folder = try TemporaryFolder(named: "roofline")
    let handle = try folder.use { folder in
      let path = "\(folder)/roofline.so"
      try toolchain.compile(files: files, flags: CompiledSource.flags(for: target), to: path)
      guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
        throw CompilerError("\(path) can't be loaded: \(String(cString: dlerror()))")
      }
      return handle
    }
    func measure(_ name: String) throws -> Measure {
      guard let symbol = dlsym(handle, name) else {
        throw CompilerError("roofline.c lacks \(name)")
      }
      return unsafeBitCast(symbol, to: Measure.self)
    }
    int8 = try measure("int8_operations")
    int16 = try measure("int16_operations")
    float = try measure("float_operations")
    bf16 = target.instructions.multipliesBFloat16 ? try measure("bf16_operations") : nil
  }

  /// Multiplications and additions of bytes in one second, all threads together.
  public func int8Operations(threads: Int) -> Double { int8(Int32(threads)) }

  /// The same of 16-bit integers.
  public func int16Operations(threads: Int) -> Double { int16(Int32(threads)) }

  /// The same of floats.
  public func floatOperations(threads: Int) -> Double { float(Int32(threads)) }

  /// The same of bfloat16; nil where floats are multiplied in their place.
  public func bf16Operations(threads: Int) -> Double? { bf16.map { $0(Int32(threads)) } }

  /// The measuring loops in a target's words.
  static func source(for target: Target) throws -> [(name: String, text: String)] {
    let templates = try TemplateLibrary.current()
    let words = ["isa/types.h"] + target.instructions.headers
    return [
      ("roofline.c", templates.fill("roofline.c", ["sums": "\(sums(target.instructions))"])),
      ("vector.h", words.map(templates.text).joined(separator: "\n")),
    ]
  }

  /// Sums that fill three quarters of the registers.
  private static func sums(_ instructions: InstructionSet) -> Int {
    let registers = instructions.registers
    return registers.count * registers.lanes / 16 * 3 / 4
  }
}
