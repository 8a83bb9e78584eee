import ArgumentParser
import Foundation
import KernelCompiler
import Logging
import ModelFiles
import Runtime
import Server

/// Serves a model over the OpenAI API.
@main
struct MLXServer: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mlx-server",
    abstract: "Serves a model over the OpenAI API.",
    discussion: """
        mlx-server -m Models/pocket-chat-4bit

        curl -N http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' \\
          -d '{"messages": [{"role": "user", "content": "Hello"}], "stream": true}'

      A model is compiled for this machine once and kept in a cache ($MLX_COMPILE_CACHE, or \
      ~/.cache/mlx-compile); a bundle made by mlx-compile needs no compiler.
      """,
    version: generatorVersion)

  @OptionGroup var options: ServeOptions

  static func main() async {
    prepareOpenMP()
    await main(nil)
  }

  func run() async throws {
    LoggingSystem.bootstrap(StreamLogHandler.standardError)
    var libraryLogger = Logger(label: "mlx-server")
    libraryLogger.logLevel = .info
    let logger = libraryLogger
    do {
      let location = try ModelLocation.resolve(options.model)
      let configuration = ServerConfiguration(
        modelID: options.modelIdentifier(location), apiKeys: options.apiKeys)
      let loading = try options.loading(location)
      try await serve(
        configuration, on: ListenConfiguration(host: options.host, port: options.port),
        logger: logger, load: loading.load
      ) { url, model in
        Console.note(summary(configuration.modelID, model))
        Console.say("http server listening on \(url)")
      }
      Interruption.ofProcess.undoAll()
    } catch {
      Console.note("mlx-server: \(error)")
      throw ExitCode.failure
    }
  }

  private func summary(_ name: String, _ model: ServedModel) -> String {
    let configuration = model.engine.configuration
    return """
      model        \(name)
      backend      \(model.backend)
      context      \(configuration.contextSize) tokens
      at once      \(configuration.parallel) answers, \(configuration.queueLimit) more wait
      \(model.engine.memoryPlan)
      """
  }
}
