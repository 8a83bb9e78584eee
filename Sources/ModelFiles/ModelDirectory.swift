import Foundation
import JSON

/// A model directory as MLX writes it: config.json, generation_config.json and safetensors files.
public struct ModelDirectory: Sendable {
  public let path: String
  /// config.json.
  public let configuration: JSONObject
  /// generation_config.json, where there is one.
  public let generationConfiguration: JSONObject?
  public let tensors: TensorFiles
  let quantization: Quantization

  /// Opens a directory, or the directory that a given file is in.
  public init(path: String) throws {
    let directory = try Self.directory(of: path)
    guard let configuration = try Self.readObject(directory, "config.json") else {
      throw ModelError(
        "\(directory): holds no config.json; give the folder of an MLX model, as "
          + "mlx_lm.convert writes it or the hub holds it")
    }
    try Self.refuseCustomCode(configuration)
    self.path = directory
    self.configuration = configuration
    generationConfiguration = try Self.readObject(directory, "generation_config.json")
    quantization = try Quantization(configuration)
    let index = try? Self.readObject(directory, "model.safetensors.index.json")
    tensors = try TensorFiles(paths: try Self.weightFiles(directory)) { name in
      index?["weight_map"]?[name]?.string
    }
  }

  /// Every token that ends a text: what generation_config.json and config.json (root and
  /// `text_config`) name, together, since each of them is known to leave some out.
  public var endOfSequenceTokens: [Int32] {
    let sources = [
      generationConfiguration?["eos_token_id"], configuration["eos_token_id"],
      configuration["text_config"]?["eos_token_id"],
    ]
    var tokens: [Int32] = []
    for source in sources.compactMap({ $0 }) {
      for value in source.array ?? [source] {
        guard let token = value.integer.flatMap(Int32.init(exactly:)), token >= 0 else { continue }
        if !tokens.contains(token) { tokens.append(token) }
      }
    }
    return tokens
  }
}

extension ModelDirectory {
  private static func directory(of path: String) throws -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw ModelError("\(path): no such file or directory")
    }
    if isDirectory.boolValue { return path }
    let parent = (path as NSString).deletingLastPathComponent
    return parent.isEmpty ? "." : parent
  }

  /// A JSON object out of a file; nil when there is no such file.
  private static func readObject(_ directory: String, _ name: String) throws -> JSONObject? {
    let sizeLimit = 64 << 20
    let path = (directory as NSString).appendingPathComponent(name)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file = try MappedFile(path: path)
    guard file.bytes.count <= sizeLimit else {
      throw ModelError("\(name): \(file.bytes.count) bytes are too many for a configuration")
    }
    let value: JSON
    do {
      value = try JSON(parsing: file.bytes)
    } catch {
      throw ModelError("\(name): not JSON: \(error)")
    }
    guard let object = value.object else {
      throw ModelError("\(name): holds \(value.kind), expected an object")
    }
    return object
  }

  /// `model*.safetensors`, as mlx-lm loads them whatever an index says; where there is none, any
  /// other safetensors file.
  private static func weightFiles(_ directory: String) throws -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw ModelError("\(directory): can't be listed: \(error.localizedDescription)")
    }
    let all = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.sorted()
    let weights = all.filter { $0.hasPrefix("model") }
    guard !all.isEmpty else {
      throw ModelError(
        "\(directory): holds no model*.safetensors; the download may be incomplete, or the model "
          + "is in another format (convert it with mlx_lm.convert)")
    }
    return (weights.isEmpty ? all : weights).map {
      (directory as NSString).appendingPathComponent($0)
    }
  }

  private static func refuseCustomCode(_ configuration: JSONObject) throws {
    guard let file = configuration["model_file"], !file.isNull else { return }
    throw ModelError(
      "config.json: model_file asks to run \(printable(file.string ?? file.kind)) out of the "
        + "model's folder; code that comes with a model is never run, so this model can't be used")
  }
}
