import Synchronization

/// What a compiler predefines for some flags: its own name, and the instruction sets it may use.
public struct PredefinedMacros: Sendable {
  /// Values by name: "__AVX2__": "1".
  public let values: [String: String]

  init(compiler path: String, flags: [String]) throws {
    let preprocess = ChildProcess(
      path: path, arguments: flags + ["-dM", "-E", "-x", "c", "/dev/null"],
      timeLimit: .seconds(60))
    let result = try preprocess.run()
    guard result.status == 0 else {
      throw CompilerError(CompilerProbe.reason(result.errors))
    }
    self.init(parsing: result.output)
  }

  /// Reads lines of `#define NAME value`.
  init(parsing text: String) {
    var values: [String: String] = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("#define ") {
      let words = line.dropFirst("#define ".count).split(separator: " ", maxSplits: 1)
      guard let name = words.first else { continue }
      values[String(name)] = words.count > 1 ? String(words[1]) : ""
    }
    self.values = values
  }

  public func contains(_ name: String) -> Bool { values[name] != nil }

  /// Family and version: "clang 14.0.6".
  var compilerName: String {
    func version(_ names: [String]) -> String {
      names.map { values[$0] ?? "0" }.joined(separator: ".")
    }
    if contains("__clang__") {
      return "clang " + version(["__clang_major__", "__clang_minor__", "__clang_patchlevel__"])
    }
    return "gcc " + version(["__GNUC__", "__GNUC_MINOR__", "__GNUC_PATCHLEVEL__"])
  }
}

extension Toolchain {
  private static let knownMacros = Mutex<[[String]: PredefinedMacros]>([:])

  /// What this compiler predefines with these flags; `-march=native` tells the machine's features.
  /// The answer is remembered for the life of the process.
  public func predefinedMacros(flags: [String]) throws -> PredefinedMacros {
    try Self.predefinedMacros(of: path, flags: flags)
  }

  static func predefinedMacros(of path: String, flags: [String]) throws -> PredefinedMacros {
    let key = [path] + flags
    if let known = knownMacros.withLock({ $0[key] }) { return known }
    let macros = try PredefinedMacros(compiler: path, flags: flags)
    knownMacros.withLock { $0[key] = macros }
    return macros
  }
}
