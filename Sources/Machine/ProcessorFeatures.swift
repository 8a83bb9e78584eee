import Foundation

/// What this machine's processor can do, in the words of Linux's /proc/cpuinfo.
public struct ProcessorFeatures: Sendable {
  public let names: Set<String>

  public init(names: Set<String>) {
    self.names = names
  }

  public static let ofThisMachine = ProcessorFeatures(names: detect())

  /// The needed features that are not there.
  public func missing(from needed: [String]) -> [String] {
    needed.filter { !names.contains($0) }
  }

  /// The words after "flags" (x86) or "Features" (arm64) of the first processor.
  static func parse(cpuinfo: String) -> Set<String> {
    for line in cpuinfo.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].trimmingCharacters(in: .whitespaces)
      guard key == "flags" || key == "Features" else { continue }
      return Set(line[line.index(after: colon)...].split(separator: " ").map(String.init))
    }
    return []
  }

  #if os(Linux)
    private static func detect() -> Set<String> {
      parse(cpuinfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
    }
  #else
    private static func detect() -> Set<String> {
      Set(systemNames.filter { isSet($0.key) }.flatMap { $0.features })
    }

    private static func isSet(_ key: String) -> Bool {
      var value: Int32 = 0
      var size = MemoryLayout<Int32>.size
      return sysctlbyname(key, &value, &size, nil, 0) == 0 && value != 0
    }

    /// Darwin's names for what Linux calls otherwise.
    private static let systemNames: [(key: String, features: [String])] = [
      ("hw.optional.AdvSIMD", ["asimd", "fp"]),
      ("hw.optional.arm.FEAT_FP16", ["asimdhp", "fphp"]),
      ("hw.optional.arm.FEAT_DotProd", ["asimddp"]),
      ("hw.optional.arm.FEAT_I8MM", ["i8mm"]),
      ("hw.optional.arm.FEAT_BF16", ["bf16"]),
      ("hw.optional.avx1_0", ["avx"]),
      ("hw.optional.avx2_0", ["avx2"]),
      ("hw.optional.fma", ["fma"]),
      ("hw.optional.f16c", ["f16c"]),
      ("hw.optional.bmi1", ["bmi1", "abm", "movbe", "popcnt", "sse4_2"]),
      ("hw.optional.bmi2", ["bmi2"]),
      ("hw.optional.avx512f", ["avx512f"]),
      ("hw.optional.avx512bw", ["avx512bw"]),
      ("hw.optional.avx512cd", ["avx512cd"]),
      ("hw.optional.avx512dq", ["avx512dq"]),
      ("hw.optional.avx512vl", ["avx512vl"]),
    ]
  #endif
}
