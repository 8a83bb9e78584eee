import Foundation
import Synchronization

/// A C compiler that was seen to build OpenMP libraries on this machine.
public struct Toolchain: Hashable, Sendable {
  /// Absolute path of the compiler.
  public let path: String
  /// Family and version: "clang 14.0.6".
  public let name: String

  /// In the order of preference. An unversioned clang may be one without OpenMP, such as the Swift
  /// toolchain's; gcc is slower on the kernels.
  static let candidates =
    (14...21).reversed().map { "clang-\($0)" } + ["clang", "gcc"]

  /// The environment variable that names the compiler to use instead.
  public static let overrideVariable = "MLX_CC"

  static let installHint = "sudo apt-get install -y clang-14 libomp-14-dev"

  private static let found = Mutex<[[[String]]: Toolchain]>([:])

  /// The first compiler that really builds an OpenMP library with each of these sets of flags:
  /// `$MLX_CC` if that is set, else the newest clang, else gcc. The answer is remembered for the
  /// life of the process.
  public static func find(flagSets: [[String]] = [[]]) throws -> Toolchain {
    let override = ProcessInfo.processInfo.environment[overrideVariable].flatMap {
      $0.isEmpty ? nil : $0
    }
    let key = [[override ?? ""]] + flagSets
    if let known = found.withLock({ $0[key] }) { return known }
    let toolchain = try search(
      override.map { [$0] } ?? candidates, flagSets: flagSets, isOverride: override != nil)
    found.withLock { $0[key] = toolchain }
    return toolchain
  }

  /// A compiler for all of these targets: the usual one if it knows their flags.
  public static func find(for targets: [Target]) throws -> Toolchain {
    let usual = try find()
    let knowsAll = targets.allSatisfy { target in
      (try? usual.predefinedMacros(flags: target.compilerFlags)) != nil
    }
    return knowsAll ? usual : try find(flagSets: targets.map(\.compilerFlags))
  }

  /// Tries the named compilers in turn.
  static func search(
    _ names: [String], flagSets: [[String]], isOverride: Bool
  ) throws -> Toolchain {
    var failures: [String] = []
    for name in names {
      guard let path = locate(name) else {
        if isOverride { failures.append("\(name): there is no such program") }
        continue
      }
      // What is asked next, while the probe runs; one that is no compiler is found by the probe.
      let macros = ["", "-march=native"].map { flag in
        BackgroundJob {
          _ = try predefinedMacros(of: path, flags: flag.isEmpty ? [] : [flag])
        }
      }
      defer { for job in macros { try? job.wait() } }
      if let reason = try failure(of: path, flagSets: flagSets) {
        failures.append("\(path): \(reason)")
      } else {
        return Toolchain(path: path, name: try predefinedMacros(of: path, flags: []).compilerName)
      }
    }
    throw CompilerError(message(failures, isOverride: isOverride))
  }

  /// Why a compiler can't do the job; nil where it can.
  private static func failure(of path: String, flagSets: [[String]]) throws -> String? {
    for flags in flagSets {
      let probe = CompilerProbe(path: path, flags: flags)
      if case .fails(let reason) = try probe.run() { return reason }
    }
    return nil
  }

  private static func message(_ failures: [String], isOverride: Bool) -> String {
    let tried = failures.joined(separator: "; ")
    if isOverride {
      return "The compiler that \(overrideVariable) names can't build the kernels: \(tried). "
        + "Unset it to let one be chosen, or install one: \(installHint)"
    }
    if failures.isEmpty {
      return "No C compiler was found (tried clang and gcc). Install one: \(installHint)"
    }
    return "No C compiler here can build the kernels: \(tried). Install one: \(installHint)"
  }

  /// Where the shell would find a program.
  static func locate(_ name: String) -> String? {
    if name.contains("/") {
      let path = URL(fileURLWithPath: name).standardizedFileURL.path
      return isProgram(path) ? path : nil
    }
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return folders.split(separator: ":").lazy.map { "\($0)/\(name)" }.first(where: isProgram)
  }

  private static func isProgram(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && !isDirectory.boolValue && access(path, X_OK) == 0
  }
}
