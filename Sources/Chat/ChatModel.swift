import Foundation
import JSON
import Jinja
import Tokenizers

/// The text side of one model: its tokenizer, its chat template, and how it writes reasoning and
/// tool calls. All of it comes from the files of a model directory or of a bundle.
public final class ChatModel: Sendable {
  public let tokenizer: Tokenizer
  public let template: ChatTemplate
  public let toolFormat: (any ToolFormat)?
  public let reasoning: ReasoningMarkers?
  /// Tokens that end an answer, from all files that name any.
  public let stopTokens: Set<Int32>
  public let capabilities: ChatCapabilities
  /// Stop strings of the model's own, for models without a template.
  private let stopStrings: [String]
  /// Special tokens that mean something in an answer and so become text.
  private let keptTokens: Set<Int32>

  public convenience init(directory: String) throws {
    try self.init(directory: directory, tokenizer: try Tokenizer(directory: directory))
  }

  /// For callers that already have the directory's tokenizer.
  public init(directory: String, tokenizer: Tokenizer) throws {
    self.tokenizer = tokenizer
    let files = ModelTextFiles(directory: directory)
    let sources = try TemplateSources(
      directory: directory, configuration: try ChatTemplate.configuration(directory))
    let text = sources.named.values.map(\.text).joined(separator: "\n")
    let hasToken: @Sendable (String) -> Bool = { tokenizer.id(of: $0) != nil }
    let clues = FormatClues(template: text, modelType: files.modelType, hasToken: hasToken)
    let reasoning = try ReasoningMarkers.detect(clues) { markers in
      try ChatTemplate(
        directory: directory, tokens: tokenizer.chatTokens, reasoning: markers)
    }
    template = try ChatTemplate(
      directory: directory, tokens: tokenizer.chatTokens, reasoning: reasoning)
    self.reasoning = reasoning
    toolFormat = Chat.toolFormat(named: files.toolParserType, for: clues)
    stopTokens = files.stopTokens(tokenizer)
    let fallback: FallbackTemplate = hasToken("<|im_start|>") ? .chatML : .plain
    stopStrings = template.isFallback ? fallback.stopStrings : []
    keptTokens = Self.keptTokens(tokenizer, toolFormat, reasoning)
    capabilities = ChatCapabilities(template, toolFormat, reasoning)
  }

  /// Special tokens that the markers of the format are made of.
  private static func keptTokens(
    _ tokenizer: Tokenizer, _ format: (any ToolFormat)?, _ reasoning: ReasoningMarkers?
  ) -> Set<Int32> {
    let grammar =
      format?.grammar(reasoning: reasoning)
      ?? OutputGrammar(calls: [], ignored: [], reasoning: reasoning)
    let markers = grammar.markers + (format?.innerMarkers ?? [])
    return Set(
      tokenizer.addedTokens.filter { token in
        token.isSpecial && markers.contains { $0.range(of: token.content) != nil }
      }.map(\.id))
  }
}

// MARK: - One request

extension ChatModel {
  /// Renders a conversation and turns it into tokens.
  public func prompt(
    messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool = true,
    variables: JSONObject = JSONObject()
  ) throws -> ChatPrompt {
    let prompt = try template.prompt(
      messages: messages, tools: tools, addGenerationPrompt: addGenerationPrompt,
      variables: variables)
    return ChatPrompt(ids: encode(prompt), prompt: prompt)
  }

  /// The tokens of a rendered prompt. The template writes the special tokens itself; where it
  /// doesn't, the tokenizer adds those that begin a sequence.
  private func encode(_ prompt: PromptText) -> [Int32] {
    let ids = tokenizer.encode(prompt.text, addSpecialTokens: false, literal: prompt.literal)
    guard let begin = tokenizer.beginOfSequence, template.isFallback, ids.first != begin else {
      return ids
    }
    return [begin] + ids
  }

  /// Turns the tokens of an answer into text, keeping the special tokens that the parser needs.
  public func makeDecoder() -> AnswerDecoder {
    AnswerDecoder(tokenizer: tokenizer, keptTokens: keptTokens)
  }

  /// A parser for the answer to a prompt.
  public func makeOutputParser(
    tools: [JSON]?, prompt: ChatPrompt, stop: [String] = []
  ) -> OutputParser {
    OutputParser(
      toolFormat: toolFormat, reasoning: reasoning, tools: tools, prompt: prompt.prompt,
      stop: stop + stopStrings, trimsParts: true)
  }
}

/// A conversation as the model gets it.
public struct ChatPrompt: Sendable {
  public let ids: [Int32]
  public let prompt: PromptText
  public var text: String { prompt.text }
}

/// Decodes an answer token by token: whole characters, special tokens left out unless they are
/// markers of the model's tool calls or reasoning.
public struct AnswerDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let keptTokens: Set<Int32>
  private var decoder: StreamDecoder

  init(tokenizer: Tokenizer, keptTokens: Set<Int32>) {
    self.tokenizer = tokenizer
    self.keptTokens = keptTokens
    decoder = tokenizer.makeStreamDecoder(skipSpecialTokens: false)
  }

  /// The text that is known with this token and wasn't before.
  public mutating func append(_ id: Int32) -> String {
    if tokenizer.isSpecial(id), !keptTokens.contains(id) { return "" }
    return decoder.append(id)
  }

  public mutating func finish() -> String { decoder.finish() }
}

extension Tokenizer {
  var chatTokens: [(text: String, isSpecial: Bool)] {
    addedTokens.map { ($0.content, $0.isSpecial) }
  }
}
