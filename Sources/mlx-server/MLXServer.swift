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

      On a network, with keys in a file and two minutes for answers to finish before a restart:

        mlx-server -m MODEL --host 0.0.0.0 --api-key-file keys.txt --grace 120 --log-format json

      /health is 200 when the model is ready, /metrics is for Prometheus, /openapi.json describes \
      the rest. Standard output has one line, when the server is ready; the log is on standard error.
      """,
    version: generatorVersion)

  @OptionGroup var options: ServeOptions

  static func main() async {
    prepareOpenMP()
    await main(nil)
  }

  func run() async throws {
    LoggingSystem.bootstrap { [format = options.logFormat] _ in
      LineLog(format, write: Console.write)
    }
    var libraryLogger = Logger(label: "mlx-server")
    libraryLogger.logLevel = .info
    let logger = libraryLogger
    let format = options.logFormat
    let tell: @Sendable (String) -> Void = { text in
      if format == .json { logger.info("\(text)") } else { Console.note("mlx-server: \(text)") }
    }
    do {
      let location = try ModelLocation.resolve(options.model)
      let keys = try options.apiKeys()
      if let warning = options.warning(keys: keys) { tell(warning) }
      if let warning = openMPWarning() { tell(warning) }
      var configuration = ServerConfiguration(
        modelID: options.modelIdentifier(location), apiKeys: keys,
        memory: ServerMemory(memory: options.memory?.value))
      configuration.origins = OriginPolicy(
        allowed: options.corsOrigin, isLoopbackOnly: options.isLoopbackOnly)
      let name = configuration.modelID
      let loading = try options.loading(location, tell: tell)
      let access = options.access(keys: keys)
      var address = ListenConfiguration(host: options.host, port: options.port)
      address.grace = .seconds(options.grace)
      try await serve(configuration, on: address, logger: logger, load: loading.load) {
        url, model in
        let summary = Summary(name: name, model: model, access: access)
        if format == .json { summary.log(logger) } else { Console.note(summary.description) }
        Console.say("http server listening on \(url)")
      }
      Interruption.ofProcess.undoAll()
    } catch {
      Console.note("mlx-server: \(error)")
      throw ExitCode.failure
    }
  }
}
