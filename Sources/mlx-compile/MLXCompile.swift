import ArgumentParser
import Foundation
import KernelCompiler
import ModelFiles

/// The command line of the compiler.
@main
struct MLXCompile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mlx-compile",
    abstract: "Compiles an MLX model to kernels of its own, for any CPU.",
    discussion: """
      A model is a folder as mlx_lm.convert writes it or the hub holds it, or a hub id \
      that is in the local hub cache. The result is a bundle: a folder with a shared \
      library, packed weights and all else that mlx-server needs; it runs on machines \
      that have no compiler.

        mlx-compile Qwen3-0.6B-4bit                makes Qwen3-0.6B-4bit.mlxbundle
        mlx-compile mlx-community/Qwen3-0.6B-4bit  the same, out of the hub cache
        mlx-compile MODEL --emit c | less          the C that would be compiled
        mlx-compile bench MODEL --against generic  what compiling is worth
        mlx-server -m Qwen3-0.6B-4bit.mlxbundle    serves it
      """,
    version: "mlx-compile \(generatorVersion)",
    subcommands: [Compile.self, Bench.self, Verify.self, Inspect.self],
    defaultSubcommand: Compile.self)

  static func main() {
    Interruption.ofProcess.exitOnSignals()
    // An error may end the process while other threads are still at work.
    atexit { Interruption.ofProcess.undoAll() }
    main(nil)
    // What was printed may not have arrived: the disk that it goes to is full.
    guard fflush(nil) == 0 else {
      let reason = String(cString: strerror(errno))
      exit(withError: CompilerError("standard output can't be written: \(reason)"))
    }
  }
}
