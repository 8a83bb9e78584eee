import Chat
import JSON
import Runtime
import Tokenizers

/// A request to continue texts, checked.
struct CompletionRequest: Sendable {
  /// A text to continue: as it was given, and as tokens.
  struct Prompt: Sendable {
    var text: String
    var tokens: [Int32]
  }

  var model: String?
  var prompts: [Prompt]
  /// Continuations of each prompt.
  var choices: Int
  var echoes: Bool
  /// Runners-up beside the log-probability of each token; nil for none of it.
  var logprobs: Int?
  var sampling: SamplingParameters
  var limits: AnswerLimits
  var stop: [String]
  var delivery: Delivery

  private static let mostPrompts = 2048
  /// OpenAI's default.
  private static let defaultLimit = 16

  init(_ body: JSON, model served: ServedModel) throws(APIError) {
    let fields = try Fields(body: body)
    try CompletionFields.table.check(fields)
    model = try fields["model"].string()
    delivery = try Delivery(fields)
    echoes = try fields["echo"].bool() ?? false
    logprobs = try fields["logprobs"].integer(in: 0...20)
    choices = try fields["n"].integer(in: 1...ChoiceCount.most) ?? 1
    if let best = try fields["best_of"].integer(in: 1...ChoiceCount.most), best != choices {
      throw .unsupportedValue("best_of", "all continuations are returned; it must equal 'n'.")
    }
    sampling = try SamplingFields.read(fields, traits: served.traits)
    sampling.topLogprobs = logprobs
    limits = try AnswerLimits(fields, vocabulary: served.traits.vocabulary, atLeast: 0)
    if fields["max_tokens"].value == nil, fields["n_predict"].value == nil {
      limits.maximumTokens = max(Self.defaultLimit, limits.minimumTokens)
    }
    stop = try StopStrings.read(fields["stop"])
    prompts = try Self.prompts(fields["prompt"], served)
    guard prompts.count * choices <= Self.mostPrompts else {
      throw fields["prompt"].refused("and 'n' ask for more than \(Self.mostPrompts) answers")
    }
  }

  /// A text, tokens, or an array of either.
  private static func prompts(_ field: Field, _ model: ServedModel) throws(APIError) -> [Prompt] {
    if case .string(let text) = field.value { return [prompt(text, model.chat.tokenizer)] }
    guard case .array = try field.required(field.value) else {
      throw field.wrongType("a string, an array of tokens, or an array of either")
    }
    let elements = try field.array() ?? []
    guard let first = elements.first else { throw field.refused("must not be empty") }
    if first.value?.double != nil { return [try prompt(field, model)] }
    guard elements.count <= mostPrompts else {
      throw field.refused("may hold \(mostPrompts) prompts at most, not \(elements.count)")
    }
    var prompts: [Prompt] = []
    for element in elements {
      if case .string(let text) = element.value {
        prompts.append(prompt(text, model.chat.tokenizer))
      } else {
        prompts.append(try prompt(element, model))
      }
    }
    return prompts
  }

  private static func prompt(_ text: String, _ tokenizer: Tokenizer) -> Prompt {
    Prompt(text: text, tokens: tokenizer.encode(text, addSpecialTokens: true))
  }

  private static func prompt(_ field: Field, _ model: ServedModel) throws(APIError) -> Prompt {
    let tokens = try TokenIDs.read(field, vocabulary: model.traits.vocabulary)
    let text = model.chat.tokenizer.decode(tokens, skipSpecialTokens: false)
    return Prompt(text: text, tokens: tokens)
  }
}

/// Reads arrays of token ids.
enum TokenIDs {
  static func read(_ field: Field, vocabulary: Int) throws(APIError) -> [Int32] {
    let elements = try field.required(field.array())
    var tokens: [Int32] = []
    tokens.reserveCapacity(elements.count)
    for element in elements {
      tokens.append(Int32(try element.required(element.integer(in: 0...vocabulary - 1))))
    }
    return tokens
  }
}

/// Answers to one prompt.
enum ChoiceCount {
  /// OpenAI's limit.
  static let most = 128
}
