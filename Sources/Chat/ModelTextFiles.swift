import Foundation
import JSON
import Tokenizers

/// What the JSON files of a model directory say about its text side.
struct ModelTextFiles {
  let configuration: JSONObject?
  let generation: JSONObject?
  let tokenizer: JSONObject?

  init(directory: String) {
    func read(_ name: String) -> JSONObject? {
      FileManager.default.contents(atPath: directory + "/" + name)
        .flatMap { try? JSON(parsing: Array($0)).object }
    }
    configuration = read("config.json")
    generation = read("generation_config.json")
    tokenizer = read("tokenizer_config.json")
  }

  var modelType: String? { configuration?["model_type"]?.string }
  var toolParserType: String? { tokenizer?["tool_parser_type"]?.string }

  /// The ids that a file names as end of sequence.
  static func endTokens(_ file: JSONObject?) -> Set<Int32> {
    func ids(_ value: JSON?) -> [Int32] {
      (value?.array ?? value.map { [$0] } ?? []).compactMap {
        $0.integer.flatMap(Int32.init(exactly:))
      }
    }
    return Set(ids(file?["eos_token_id"]) + ids(file?["text_config"]?["eos_token_id"]))
  }

  /// The union of all files: each of them alone is often incomplete.
  func stopTokens(_ tokenizer: Tokenizer) -> Set<Int32> {
    var tokens = Self.endTokens(configuration).union(Self.endTokens(generation))
    if let end = tokenizer.endOfSequence { tokens.insert(end) }
    for text in Self.turnEnds {
      guard let id = tokenizer.id(of: text), tokenizer.isSpecial(id) else { continue }
      tokens.insert(id)
    }
    return tokens
  }

  /// Tokens that end a turn in every family that has them, and that conversions often forget.
  static let turnEnds = [
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|end_of_turn|>", "<|eot|>",
    "<turn|>", "<|return|>", "<|call|>", "<|end_of_text|>", "<|endoftext|>",
  ]
}
