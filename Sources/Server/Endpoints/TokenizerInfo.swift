import Hummingbird
import JSON

extension Endpoint {
  /// The tokenizer's special tokens and the chat template, in the words of vLLM, for programs that
  /// leave tokenising and templates to the server, as lm-eval does.
  static let tokenizerInfo = Endpoint(
    .get, "/tokenizer_info", "/v1/tokenizer_info",
    api: APIDescription(
      "The tokenizer's special tokens and the chat template.", answer: AnswerSchemas.tokenizer)
  ) { _, _, server in
    .json(try server.slot.ready().tokenizerInfo)
  }
}

extension ServedModel {
  fileprivate var tokenizerInfo: JSON {
    let tokenizer = chat.tokenizer
    func text(_ id: Int32?) -> JSON { id.flatMap(tokenizer.token).map(JSON.string) ?? .null }
    return [
      "tokenizer_class": tokenizerConfiguration["tokenizer_class"] ?? .null,
      "vocab_size": .integer(tokenizer.vocabularySize),
      "model_max_length": .integer(engine.configuration.contextSize),
      "bos_token": text(tokenizer.beginOfSequence),
      // Models whose tokenizer names none still have tokens that end an answer.
      "eos_token": text(tokenizer.endOfSequence ?? chat.stopTokens.min()),
      "pad_token": configuredToken("pad_token"),
      "unk_token": configuredToken("unk_token"),
      "chat_template": .string(chat.template.source),
    ]
  }

  /// A token that tokenizer_config.json names: as its text, or as an object with a `content`.
  private func configuredToken(_ name: String) -> JSON {
    let token = tokenizerConfiguration[name]
    return (token?.string ?? token?["content"]?.string).map(JSON.string) ?? .null
  }
}
