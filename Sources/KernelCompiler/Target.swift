/// A kind of CPU that source is generated for: what clang is told and what the code may use.
public struct Target: Sendable, Equatable {
  /// "native", "x86-64-v3", …: the library's name in a bundle.
  public let name: String
  /// What the compiler needs to know of this CPU; `CompiledSource.compilerFlags` go with it.
  public let compilerFlags: [String]
  /// What the machine must have, spelled as in /proc/cpuinfo.
  public let cpuFeatures: [String]
  public let instructions: InstructionSet

  /// The tiers that a name alone describes, the most capable first.
  public static let known = [x8664v4bf16, x8664v4vnni, x8664v4, x8664v3vnni, x8664v3]

  public static let x8664v3 = Target(
    name: "x86-64-v3", compilerFlags: ["-march=x86-64-v3"], cpuFeatures: featuresOfV3,
    instructions: .avx2)

  public static let x8664v3vnni = Target(
    name: "x86-64-v3-vnni", compilerFlags: ["-march=x86-64-v3", "-mavxvnni"],
    cpuFeatures: featuresOfV3 + ["avx_vnni"], instructions: .avxvnni)

  public static let x8664v4 = Target(
    name: "x86-64-v4", compilerFlags: ["-march=x86-64-v4"] + wideFlags,
    cpuFeatures: featuresOfV4, instructions: .avx512)

  public static let x8664v4vnni = Target(
    name: "x86-64-v4-vnni",
    compilerFlags: ["-march=x86-64-v4", "-mavx512vnni"] + wideFlags,
    cpuFeatures: featuresOfV4 + ["avx512_vnni"], instructions: .avx512vnni)

  public static let x8664v4bf16 = Target(
    name: "x86-64-v4-bf16",
    compilerFlags: ["-march=x86-64-v4", "-mavx512vnni", "-mavx512bf16"] + wideFlags,
    cpuFeatures: featuresOfV4 + ["avx512_vnni", "avx512_bf16"], instructions: .avx512bf16)

  /// The machine that compiles, from the macros its compiler predefines with `-march=native`.
  public static func native(predefinedMacros macros: Set<String>) -> Target {
    let features = featuresByMacro.filter { macros.contains($0.macro) }.map(\.feature)
    let instructions = InstructionSet.best(for: macros)
    let wide = [.avx512, .avx512vnni, .avx512bf16].contains(instructions)
    return Target(
      name: "native",
      compilerFlags: ["-march=native"] + (wide ? wideFlags : []),
      cpuFeatures: features, instructions: instructions)
  }

  /// The tier of that name; `native` takes the macros of the compiler that will be used.
  public static func named(_ name: String, predefinedMacros: Set<String>) throws -> Target {
    if name == "native" { return native(predefinedMacros: predefinedMacros) }
    if let target = known.first(where: { $0.name == name }) { return target }
    let names = (["native"] + known.map(\.name)).joined(separator: ", ")
    throw CompilerError("target \(name) is unknown; the targets are \(names)")
  }

  /// Refuses a name that no target has, where no compiler need be asked.
  public static func check(_ name: String) throws {
    _ = try named(name, predefinedMacros: [])
  }
}

/// Which vocabulary of vector words the C is written in.
public enum InstructionSet: String, Sendable {
  case avx512bf16, avx512vnni, avx512, avxvnni, avx2, portable

  static func best(for macros: Set<String>) -> InstructionSet {
    let v4 = ["__AVX512F__", "__AVX512BW__", "__AVX512DQ__", "__AVX512VL__"]
    if v4.allSatisfy(macros.contains) {
      guard macros.contains("__AVX512VNNI__") else { return .avx512 }
      return macros.contains("__AVX512BF16__") ? .avx512bf16 : .avx512vnni
    }
    if ["__AVX2__", "__FMA__", "__F16C__"].allSatisfy(macros.contains) {
      return macros.contains("__AVXVNNI__") ? .avxvnni : .avx2
    }
    return .portable
  }

  /// Templates that make up `vector.h`, in order.
  var headers: [String] {
    switch self {
    case .avx512bf16: Self.avx512vnni.headers + ["isa/avx512_bf16.h"]
    case .avx512vnni: ["isa/avx512.h", "isa/avx512_vnni.h", "isa/exact_sums.h"]
    case .avx512: ["isa/avx512.h", "isa/avx512_bw.h", "isa/pair_sums.h"]
    case .avxvnni: ["isa/avx2.h", "isa/avx_vnni.h", "isa/exact_sums.h"]
    case .avx2: ["isa/avx2.h", "isa/avx2_bytes.h", "isa/pair_sums.h"]
    case .portable: ["isa/portable.h", "isa/exact_sums.h"]
    }
  }

  /// Whether two products of bfloat16 a lane are one instruction.
  var multipliesBFloat16: Bool {
    switch self {
    case .avx512bf16: true
    case .avx512vnni, .avx512, .avxvnni, .avx2, .portable: false
    }
  }

  /// Products of four codes up to `largest` with signed bytes that a lane's sums hold, a power of two.
  func quadsTogether(_ largest: Int) -> Int {
    switch self {
    case .avx512bf16, .avx512vnni, .avxvnni, .portable: return 1 << 16
    case .avx512, .avx2:
      // Halves of a large code are summed apart.
      let code = largest < 128 ? largest : 15
      let most = 32767 / (2 * 127 * code)
      return 1 << (Int.bitWidth - 1 - most.leadingZeroBitCount)
    }
  }

  /// Blocks whose products of bytes with a tile's tokens fit the registers (BLOCKS_TOGETHER).
  var blocksTogether: Int {
    switch self {
    case .avx512bf16, .avx512vnni: 2
    case .avx512, .avxvnni, .avx2, .portable: 1
    }
  }

  /// 32-bit lanes of one register: what bounds how many tokens a tile can hold.
  var registers: (count: Int, lanes: Int) {
    switch self {
    case .avx512bf16, .avx512vnni, .avx512: (32, 16)
    case .avxvnni, .avx2: (16, 8)
    case .portable: (16, 4)
    }
  }
}

/// Without it clang splits 64-byte vectors on CPUs whose generic tuning prefers 32.
private let wideFlags = ["-mprefer-vector-width=512"]

private let featuresOfV3 = ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]
private let featuresOfV4 =
  featuresOfV3 + ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]

/// What clang defines for each CPU feature that it may use by itself.
private let featuresByMacro: [(macro: String, feature: String)] = [
  ("__SSE4_2__", "sse4_2"), ("__POPCNT__", "popcnt"), ("__AVX__", "avx"), ("__AVX2__", "avx2"),
  ("__BMI__", "bmi1"), ("__BMI2__", "bmi2"), ("__F16C__", "f16c"), ("__FMA__", "fma"),
  ("__LZCNT__", "abm"), ("__MOVBE__", "movbe"), ("__AES__", "aes"),
  ("__PCLMUL__", "pclmulqdq"), ("__SHA__", "sha_ni"), ("__ADX__", "adx"),
  ("__GFNI__", "gfni"), ("__VAES__", "vaes"), ("__VPCLMULQDQ__", "vpclmulqdq"),
  ("__AVXVNNI__", "avx_vnni"), ("__AVX512F__", "avx512f"), ("__AVX512BW__", "avx512bw"),
  ("__AVX512CD__", "avx512cd"), ("__AVX512DQ__", "avx512dq"), ("__AVX512VL__", "avx512vl"),
  ("__AVX512IFMA__", "avx512ifma"), ("__AVX512VBMI__", "avx512vbmi"),
  ("__AVX512VBMI2__", "avx512_vbmi2"), ("__AVX512VNNI__", "avx512_vnni"),
  ("__AVX512BITALG__", "avx512_bitalg"), ("__AVX512VPOPCNTDQ__", "avx512_vpopcntdq"),
  ("__AVX512BF16__", "avx512_bf16"), ("__AVX512FP16__", "avx512_fp16"),
  ("__AVX512VP2INTERSECT__", "avx512_vp2intersect"),
]
