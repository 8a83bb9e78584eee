import ArgumentParser
import Chat
import Foundation
import KernelCompiler
import ModelFiles
import Runtime
import Server

extension Backend: ExpressibleByArgument {}
extension Numerics: ExpressibleByArgument {}

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

  @Option(help: "Clients must send this key (default: $MLX_API_KEY).")
  var apiKey: String?

  @Option(
    name: .customLong("model-id"), help: "The model's name for clients (default: its folder's).")
  var modelID: String?

  @Option(help: "What runs the model: auto, compiled or generic.")
  var backend = Backend.auto

  @Option(help: "How a model is compiled: fast (int8 activations) or exact (float32).")
  var numerics = Numerics.fast

  @Option(help: "Threads that compute (default: the cores this process may use).")
  var threads: Int?

  @Option(help: "Answers that are worked on at once.")
  var parallel = 4

  @Option(
    help: "Most memory for weights, keys and values and all else: 6g, 800m (default: enough).")
  var memory: ByteCount?

  @Option(help: "A smaller model with the same tokenizer that guesses tokens where that pays.")
  var draftModel: String?

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
  }
}

extension ServeOptions {
  /// The key given, else the environment's; an empty one is none.
  var apiKeys: [String] {
    let key = apiKey ?? ProcessInfo.processInfo.environment["MLX_API_KEY"] ?? ""
    return key.isEmpty ? [] : [key]
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

  func loading(_ location: ModelLocation) throws -> ModelLoading {
    var loading = ModelLoading(
      location: location,
      compile: { [numerics] directory in
        let progress = CompileReport()
        return try CompileCache.bundle(
          for: directory, numerics: numerics,
          companions: { directory in
            let companions = bundleCompanions(directory: directory)
            for warning in companions.warnings { Console.note("mlx-server: warning: \(warning)") }
            return companions.files
          }, progress: progress.hear)
      }, report: { Console.note("mlx-server: \($0)") })
    loading.backend = backend
    loading.contextSize = contextSize.value
    loading.parallel = parallel
    loading.memory = memory?.value
    loading.draftLocation = try draftModel.map { try ModelLocation.resolve($0) }
    if let threads { loading.threads = threads }
    return loading
  }
}

/// A number of bytes, written 800m, 6g or 6GiB.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
  let value: Int

  private static let units = ["": 0, "k": 10, "m": 20, "g": 30, "t": 40]

  init?(argument: String) {
    let text = argument.lowercased()
    let digits = text.prefix { $0.isNumber || $0 == "." }
    var unit = text.dropFirst(digits.count)
    for suffix in ["ib", "b"] where unit.hasSuffix(suffix) { unit.removeLast(suffix.count) }
    guard let number = Double(digits), let shift = Self.units[String(unit)] else { return nil }
    let bytes = number * Double(1 << shift)
    guard bytes >= 1, bytes < 0x1p60 else { return nil }
    value = Int(bytes)
  }

  var description: String { "\(value)" }
}

/// A number of tokens, written 4096 or 4k.
struct TokenCount: ExpressibleByArgument, CustomStringConvertible {
  let value: Int

  private static let most = 1 << 40

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    let isThousands = argument.lowercased().hasSuffix("k")
    let digits = isThousands ? argument.dropLast() : argument[...]
    guard let number = Int(digits), (1...Self.most).contains(number) else { return nil }
    value = isThousands ? number * 1024 : number
  }

  var description: String { "\(value)" }
  var defaultValueDescription: String { description }
}
