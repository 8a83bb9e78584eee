import Foundation
import JSON

/// The chat templates of a model directory, as transformers finds them.
///
/// `chat_template.jinja` and `additional_chat_templates/NAME.jinja` replace the `chat_template` of
/// tokenizer_config.json, which is a string or a list of named templates. Last comes
/// `chat_template.json`, which is all that some vision models have. A `chat_template_type` of
/// tokenizer_config.json names a template that we bring; as in mlx-lm it goes before all others.
public struct TemplateSources: Sendable {
  /// A template and the file it is from.
  public struct Source: Sendable {
    public let text: String
    public let file: String
  }

  /// By name; a single template is called "default".
  public private(set) var named: [String: Source] = [:]

  public init(directory: String, configuration: JSONObject?) throws {
    if addBuiltIn(configuration?["chat_template_type"]?.string) { return }
    if let text = try Self.read(directory + "/chat_template.jinja") {
      named["default"] = Source(text: text, file: "chat_template.jinja")
    }
    let additional = directory + "/additional_chat_templates"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: additional)) ?? []
    for file in names.sorted() where file.hasSuffix(".jinja") {
      guard let text = try Self.read(additional + "/" + file) else { continue }
      named[String(file.dropLast(".jinja".count))] = Source(
        text: text, file: "additional_chat_templates/" + file)
    }
    if named.isEmpty { addConfigured(configuration?["chat_template"], "tokenizer_config.json") }
    if named.isEmpty, let text = try Self.read(directory + "/chat_template.json") {
      addConfigured(try? JSON(parsing: text)["chat_template"], "chat_template.json")
    }
    if named.isEmpty { _ = addBuiltIn(ModelTextFiles(directory: directory).modelType) }
  }

  private mutating func addBuiltIn(_ type: String?) -> Bool {
    guard let type, let text = BuiltInTemplates.named[type] else { return false }
    named["default"] = Source(text: text, file: "the built-in template \(type)")
    return true
  }

  private mutating func addConfigured(_ template: JSON?, _ file: String) {
    switch template {
    case .string(let text)?: named["default"] = Source(text: text, file: file)
    case .array(let list)?:
      for entry in list {
        guard let name = entry["name"]?.string, let text = entry["template"]?.string else {
          continue
        }
        named[name] = Source(text: text, file: file)
      }
    default: break
    }
  }

  private static func read(_ path: String) throws -> String? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    guard let text = String(data: data, encoding: .utf8) else {
      throw ChatError("\(path): the chat template isn't valid UTF-8")
    }
    return text
  }

  public var isEmpty: Bool { named.isEmpty }
}
