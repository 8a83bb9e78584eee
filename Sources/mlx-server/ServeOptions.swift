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

  @Option(help: "The port to listen on; 0 for any free one.")
  var port = 8080

  @Option(help: "The address to listen on; localhost is 127.0.0.1 and ::1.")
  var host = "localhost"

  @Option(name: .customLong("ctx-size"), help: "Tokens of one conversation: 4096, 4k.")
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

  @Option(help: "How a model is compiled: fast (int8 activations) or exact (float32).")
  var numerics = Numerics.fast

  @Option(
    help: ArgumentHelp(
      "How keys and values are kept: f16 or int8, which takes half of it (default: f16).",
      discussion: "A bundle keeps what it was compiled with."))
  var cacheType: CacheType?

  @Option(help: "Threads that compute (default: the cores this process may use).")
  var threads: Int?

  @Option(help: "Answers that are worked on at once; more wait in a queue.")
  var parallel = 4

  @Option(
    help: "Most memory for weights, keys and values and all else: 6g, 800m (default: enough).")
  var memory: ByteCount?

  @Option(help: "A smaller model with the same tokenizer that guesses tokens where that pays.")
  var draftModel: String?

  @Option(help: "Seconds that running answers are given to finish when the server is told to stop.")
  var grace = 4

  @Option(help: "How the log on standard error is written: text or json.")
  var logFormat = LogFormat.text

  func validate() throws {
    guard (0...65535).contains(port) else {
      throw ValidationError("--port must be between 0 and 65535")
    }
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("--threads must be between 1 and 1024")
    }
    guard (1...256).contains(parallel) else {
      throw ValidationError("--parallel must be between 1 and 256")
    }
    guard (0...3600).contains(grace) else {
      throw ValidationError("--grace must be between 0 and 3600")
    }
    if let cacheType {
      _ = try CacheType.chosen(cacheType, numerics)
      guard backend != .generic else {
        throw ValidationError("--cache-type is for compiled models; the generic backend keeps f32")
      }
    }
  }
}

extension ServeOptions {
  /// The keys given and those of the file; without any, the environment's. An empty one is none.
  func apiKeys() throws -> [String] {
    var keys = apiKey
    if let apiKeyFile { keys += try Self.keys(inFile: apiKeyFile) }
    if keys.isEmpty, let key = ProcessInfo.processInfo.environment["MLX_API_KEY"] { keys = [key] }
    return keys.filter { !$0.isEmpty }
  }

  private static func keys(inFile path: String) throws -> [String] {
    guard let data = FileManager.default.contents(atPath: path),
      let text = String(bytes: data, encoding: .utf8)
    else { throw KeyFileError(path: path, problem: "can't be read as text") }
    let lines = text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let keys = lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    // A file that was meant to close the server must not leave it open.
    guard !keys.isEmpty else { throw KeyFileError(path: path, problem: "holds no key") }
    return keys
  }

  /// Whether only this machine can reach the server.
  var isLoopbackOnly: Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.")
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
    try checkCacheType(location)
    var loading = ModelLoading(
      location: location,
      compile: { [numerics, cacheType] directory in
        let progress = CompileReport(tell: tell)
        return try CompileCache.bundle(
          for: directory, numerics: numerics, cacheType: cacheType,
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
  private func checkCacheType(_ location: ModelLocation) throws {
    guard let cacheType, case .bundle(let path) = location else { return }
    let kept = try ModelBundle(path: path).manifest.cacheType
    guard kept == cacheType.rawValue else {
      throw ValidationError(
        "\(path) keeps keys and values as \(kept); compile the model with --cache-type "
          + cacheType.rawValue)
    }
  }
}

/// Why a file of keys is no use.
struct KeyFileError: Error, CustomStringConvertible {
  let path: String
  let problem: String

  var description: String { "\(path): \(problem); it must have one key on each line" }
}
