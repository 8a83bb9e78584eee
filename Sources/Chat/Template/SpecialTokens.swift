import Foundation
import JSON

extension ChatTemplate {
  static func configuration(_ directory: String) throws -> JSONObject? {
    let path = directory + "/tokenizer_config.json"
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    do {
      return try JSON(parsing: Array(data)).object
    } catch {
      throw ChatError("\(path): \(error)")
    }
  }

  /// The tokens that tokenizer_config.json names, and special_tokens_map.json where that doesn't:
  /// as text, or as an object with `content`.
  static func specialTokens(_ configuration: JSONObject?, _ directory: String) -> JSONObject {
    var result = JSONObject()
    let map = FileManager.default.contents(atPath: directory + "/special_tokens_map.json")
    let fallback = map.flatMap { try? JSON(parsing: Array($0)).object }
    let names = [
      "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]
    for name in names {
      let value = configuration?[name] ?? fallback?[name]
      if let text = value?.string ?? value?["content"]?.string { result[name] = .string(text) }
    }
    let named = [
      configuration?["extra_special_tokens"], configuration?["model_specific_special_tokens"],
    ]
    for case .object(let extra)? in named {
      for (name, value) in extra {
        if let text = value.string ?? value["content"]?.string { result[name] = .string(text) }
      }
    }
    return result
  }
}
