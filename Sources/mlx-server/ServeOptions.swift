import ArgumentParser
import Chat
import Foundation
import KernelCompiler
import ModelFiles
import Runtime
import Server

extension Backend: ExpressibleByArgument {}
extension Numerics: ExpressibleByArgument {}
extension CacheType: ExpressibleByArgument {}
extension LogFormat: ExpressibleByArgument {}

/// The command line.
struct ServeOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: "A bundle, a model folder, a file inside one, or a hub id (OWNER/NAME).")
  var model: String

  @Option(parsing: .unconditional, help: "The port to listen on; 0 for any free one.")
  var port = 8080

  @Option(help: "The address to listen on; localhost is 127.0.0.1 and ::1.")
  var host = "localhost"

  @Option(
    name: .customLong("ctx-size"), parsing: .unconditional,
    help: "Tokens of one conversation: 4096, 4k.")
  var contextSize = TokenCount(4096)

  @Option(
    name: .customLong("api-key"),
    help: ArgumentHelp(
      "Clients must send this key, or another one given (default: $MLX_API_KEY).",
      discussion: "Other users of this machine can see options: prefer the variable or a file."))
  var apiKey: [String] = []

  @Option(help: "A file of keys, one on each line; lines that begin with # are comments.")
  var apiKeyFile: String?

  @Option(
    name: .customLong("cors-origin"),
    help: ArgumentHelp(
      "Web pages of this origin may use the server too, as https://chat.example.com; * for all.",
      discussion: "Pages of this machine always may. Repeat it for more."))
  var corsOrigin: [String] = []

  @Option(
    name: .customLong("model-id"), help: "The model's name for clients (default: its folder's).")
  var modelID: String?

  @Option(help: "What runs the model: auto, compiled or generic.")
  var backend = Backend.auto

  @Option(
    help: ArgumentHelp(
      "How a model is compiled: fast (int8 activations) or exact (float32); default: fast.",
      discussion: "A bundle keeps what it was compiled with."))
  var numerics: Numerics?

  @Option(
    help: ArgumentHelp(
      "How keys and values are kept: int16, f16, or int8, which takes half of it (default: int16).",
      discussion: "A bundle keeps what it was compiled with."))
  var cacheType: CacheType?

  @Option(
    parsing: .unconditional, help: "Threads that compute (default: the cores this process may use)."
  )
  var threads: Int?

  @Option(
    parsing: .unconditional, help: "Answers that are worked on at once; more wait in a queue.")
  var parallel = 4

  @Option(
    parsing: .unconditional,
    help: "Most memory for weights, keys and values and all else: 6g, 800m (default: enough).")
  var memory: ByteCount?

  @Option(help: "A smaller model with the same tokenizer that guesses tokens where that pays.")
  var draftModel: String?

  @Option(
    parsing: .unconditional,
    help: "Seconds that running answers are given to finish when the server is told to stop.")
  var grace = 4

  @Option(help: "How the log on standard error is written: text or json.")
  var logFormat = LogFormat.text
}

extension ServeOptions {
  /// The keys given and those of the file; without any, the environment's. An empty one is none.
  func apiKeys() throws -> [String] {
    var keys = apiKey
    if let apiKeyFile { keys += try KeyFile.keys(in: apiKeyFile) }
    if keys.isEmpty, let key = ProcessInfo.processInfo.environment["MLX_API_KEY"] { keys = [key] }
    return keys.filter { !$0.isEmpty }
  }

  /// Whether only this machine can reach the server.
  var isLoopbackOnly: Bool {
    ["localhost", "::1", "[::1]"].contains(host) || host.hasPrefix("127.")
  }

  /// What whoever starts the server should know about who can reach it.
  func warning(keys: [String]) -> String? {
    guard keys.isEmpty, !isLoopbackOnly else { return nil }
    return """
      warning: \(host) can be reached from other machines, and there is no API key: whoever can \
      reach it can use it. Set MLX_API_KEY or --api-key-file.
      """
  }

  /// The name given, else the hub id, else what the folder or bundle is called.
  func modelIdentifier(_ location: ModelLocation) -> String {
    if let modelID, !modelID.isEmpty { return modelID }
    if !FileManager.default.fileExists(atPath: (model as NSString).expandingTildeInPath) {
      return model
    }
    let url = URL(fileURLWithPath: location.path).standardizedFileURL
    // A snapshot in the hub's cache is named by a hash, its grandparent by the repository.
    let repository = url.pathComponents.last { $0.hasPrefix("models--") }
    if let repository {
      return repository.components(separatedBy: "--").dropFirst().joined(separator: "/")
    }
    let isBundle = url.pathExtension == ModelBundle.pathExtension
    return (isBundle ? url.deletingPathExtension() : url).lastPathComponent
  }

  /// Who can use the server, in words.
  func access(keys: [String]) -> String {
    let place = isLoopbackOnly ? "this machine" : "who can reach \(host)"
    return place + (keys.isEmpty ? ", no key" : ", with one of \(keys.count) keys")
  }

  /// - Parameter tell: is given lines for whoever started the server.
  func loading(
    _ location: ModelLocation, tell: @escaping @Sendable (String) -> Void
  ) throws -> ModelLoading {
    try checkBundle(location)
    var loading = ModelLoading(
      location: location,
      compile: { [numerics, cacheType] directory in
        let progress = CompileReport(tell: tell)
        return try CompileCache.bundle(
          for: directory, numerics: numerics ?? .fast, cacheType: cacheType,
          companions: { directory in
            let companions = bundleCompanions(directory: directory)
            for warning in companions.warnings { tell("warning: \(warning)") }
            return companions.files
          }, progress: progress.hear)
      }, report: tell)
    loading.backend = backend
    loading.contextSize = contextSize.value
    loading.parallel = parallel
    loading.memory = memory?.value
    loading.draftLocation = try draftModel.map { try ModelLocation.resolve($0) }
    if let threads { loading.threads = threads }
    return loading
  }

  /// A bundle keeps what it was compiled with.
  private func checkBundle(_ location: ModelLocation) throws {
    guard case .bundle(let path) = location, cacheType != nil || numerics != nil else { return }
    let manifest = try ModelBundle(path: path).manifest
    if let numerics, numerics.rawValue != manifest.numerics {
      throw ValidationError(
        "\(path) computes with \(manifest.numerics) numerics; compile the model with --numerics "
          + numerics.rawValue)
    }
    let kept = manifest.cacheType
    if let cacheType, cacheType.rawValue != kept {
      throw ValidationError(
        "\(path) keeps keys and values as \(kept); compile the model with --cache-type "
          + cacheType.rawValue)
    }
  }
}
