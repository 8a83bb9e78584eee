import Foundation

/// Where a model that a user named is found.
public enum ModelLocation: Equatable, Sendable {
  case bundle(String)
  case directory(String)

  public var path: String {
    switch self {
    case .bundle(let path), .directory(let path): path
    }
  }

  /// Finds the model that `text` names: a bundle, a model directory, a file inside one, or a hub id
  /// such as "mlx-community/Qwen3-0.6B-4bit" in the local hub cache.
  public static func resolve(
    _ text: String, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> ModelLocation {
    let path = (text as NSString).expandingTildeInPath
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
      return try isDirectory.boolValue ? classify(path) : classify(around: path)
    }
    guard HubCache.isIdentifier(text) else {
      throw ModelError("\(text): no such file or directory, and not a hub id (OWNER/NAME)")
    }
    return try classify(HubCache(environment: environment).snapshot(of: text))
  }

  /// The model that a file belongs to.
  private static func classify(around file: String) throws -> ModelLocation {
    let parent = (file as NSString).deletingLastPathComponent
    if let location = try? classify(parent.isEmpty ? "." : parent) { return location }
    let isGGUF = (file as NSString).pathExtension.lowercased() == "gguf"
    throw ModelError(
      "\(file): is \(isGGUF ? "a GGUF file" : "a file"), not an MLX model, and there is no "
        + "\(ModelBundle.manifestName) or config.json beside it; give a bundle, a model folder, or "
        + "a file inside one")
  }

  /// A bundle has config.json too, so its manifest decides.
  private static func classify(_ directory: String) throws -> ModelLocation {
    let path = directory as NSString
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: path.appendingPathComponent(name))
    }
    if has(ModelBundle.manifestName) { return .bundle(directory) }
    guard !has(ModelBundle.weightsName) else {
      throw ModelError(
        "\(directory): is a bundle without \(ModelBundle.manifestName); the copy is incomplete, copy "
          + "it again or compile the model again")
    }
    if has("config.json") { return .directory(directory) }
    throw ModelError(
      "\(directory): holds neither \(ModelBundle.manifestName) (a bundle) nor config.json (a model); "
        + "give a bundle or a model folder"
    )
  }
}

/// The folder in which the hub's own tools keep what they have downloaded.
struct HubCache {
  let path: String

  /// `$HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`.
  init(environment: [String: String]) {
    func folder(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let home = folder("HOME") ?? NSHomeDirectory()
    let cache = folder("XDG_CACHE_HOME") ?? home + "/.cache"
    path = folder("HF_HUB_CACHE") ?? (folder("HF_HOME") ?? cache + "/huggingface") + "/hub"
  }

  /// "OWNER/NAME" of letters, digits, `-`, `_` and `.`.
  static func isIdentifier(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty && !part.hasPrefix(".")
          && part.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
              UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
              UInt8(ascii: "."):
              true
            default: false
            }
          }
      }
  }

  /// The folder of the snapshot that `refs/main` names.
  func snapshot(of identifier: String) throws -> String {
    let model = path + "/models--" + identifier.replacingOccurrences(of: "/", with: "--")
    guard let reference = try? String(contentsOfFile: model + "/refs/main", encoding: .utf8) else {
      throw ModelError(
        "\(identifier): is neither a file here nor in the hub cache \(path); download it with "
          + "`hf download \(identifier)`, or give a folder")
    }
    let revision = reference.trimmingCharacters(in: .whitespacesAndNewlines)
    let snapshot = model + "/snapshots/" + revision
    guard !revision.isEmpty, !revision.contains("/"), revision != "..",
      FileManager.default.fileExists(atPath: snapshot)
    else {
      throw ModelError(
        "\(identifier): the hub cache \(path) names a snapshot of it that isn't there; download "
          + "it again")
    }
    return snapshot
  }
}
