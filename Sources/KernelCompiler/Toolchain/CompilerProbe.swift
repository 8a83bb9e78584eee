import Foundation

/// Finds out whether a compiler can do the whole job, by letting it do a small one: an OpenMP
/// library with vector types, built with a target's flags, linked and loaded.
struct CompilerProbe {
  let path: String
  let flags: [String]

  enum Outcome: Equatable, Sendable {
    case works
    /// What is missing.
    case fails(String)
  }

  static let program = """
    #include <omp.h>
    #ifndef __clang__
    #error clang's vector types are missing
    #endif
    typedef float vector __attribute__((ext_vector_type(8)));
    int probe(float *x, int threads) {
      int met = 0;
      #pragma omp parallel num_threads(threads)
      {
        vector v = *(vector *)x * 2.0f;
        #pragma omp barrier
        #pragma omp atomic
        met += v[0] == 2.0f && omp_get_num_threads() > 0;
      }
      return met;
    }

    """

  /// - Throws: a `CompilerError` where temporary files can't be, which is no compiler's fault.
  func run() throws -> Outcome {
    let folder = try TemporaryFolder(named: "mlx-compile-probe")
    return try folder.use { folder in
      do {
        try Self.program.write(toFile: "\(folder)/probe.c", atomically: false, encoding: .utf8)
      } catch {
        throw CompilerError(
          "\(folder)/probe.c can't be written: \(error.localizedDescription). "
            + TemporaryFolder.advice)
      }
      return try build(in: folder)
    }
  }

  private func build(in folder: String) throws -> Outcome {
    let compile = ChildProcess(
      path: path,
      arguments: flags + CompilerFlags.library + ["probe.c", "-o", "probe.so"]
        + CompilerFlags.link,
      directory: folder, timeLimit: .seconds(60))
    let result: ChildProcess.Result
    do {
      result = try compile.run()
    } catch {
      return .fails(Self.reason("\(error)"))
    }
    if result.status != 0 { return .fails(Self.reason(result.errors)) }
    guard let library = dlopen("\(folder)/probe.so", RTLD_NOW | RTLD_LOCAL) else {
      let reason = String(cString: dlerror())
      // As where the file system is mounted so that it holds no programs.
      guard !reason.contains("failed to map segment") else {
        throw CompilerError("\(reason). \(TemporaryFolder.advice)")
      }
      return .fails("what it builds can't be loaded: \(reason)")
    }
    dlclose(library)
    return .works
  }

  /// The compiler's first complaint, or what is known to be behind it.
  static func reason(_ errors: String) -> String {
    if errors.contains("omp.h") { return "its OpenMP header omp.h is missing (libomp-dev)" }
    if errors.contains("lomp") { return "its OpenMP library libomp is missing (libomp-dev)" }
    let lines = errors.split(separator: "\n")
    let line = lines.first { $0.contains("error:") } ?? lines.first ?? "it fails without a message"
    return line.trimmingCharacters(in: .whitespaces)
  }
}
