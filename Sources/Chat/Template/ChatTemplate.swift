import Foundation
import JSON
import Jinja

/// Turns conversations into prompts, as the model's makers meant.
///
/// Which template counts is decided as transformers decides it (see `TemplateSources`): with tools
/// the one called `tool_use` where there is one, else `default`. A model without any template gets
/// ChatML where its tokenizer has `<|im_start|>`, else plain "User:" and "Assistant:" lines.
public struct ChatTemplate: Sendable {
  let main: PreparedTemplate
  let withTools: PreparedTemplate?
  /// bos_token, eos_token and the like, as variables.
  let specialTokens: JSONObject
  let controlTokens: ControlTokens
  let unmarkedInAnswers: ControlTokens
  /// The files the templates are from, or what stands in for them.
  public let origin: String
  /// The source of the template that counts when tools are offered.
  public let source: String
  public let isFallback: Bool

  /// Reads the templates of a model directory.
  ///
  /// - Parameters:
  ///   - tokens: the tokenizer's added tokens, and which of them are special.
  ///   - reasoning: the model's reasoning markers, which earlier answers may hold.
  public init(
    directory: String, tokens: [(text: String, isSpecial: Bool)] = [],
    reasoning: ReasoningMarkers? = nil
  ) throws {
    let configuration = try Self.configuration(directory)
    let sources = try TemplateSources(directory: directory, configuration: configuration)
    let special = Self.specialTokens(configuration, directory)
    let hasChatML = tokens.contains { $0.text == "<|im_start|>" }
    try self.init(
      sources: sources, specialTokens: special, tokens: tokens, reasoning: reasoning,
      fallback: hasChatML ? .chatML : .plain, directory: directory)
  }

  init(
    sources: TemplateSources, specialTokens: JSONObject,
    tokens: [(text: String, isSpecial: Bool)], reasoning: ReasoningMarkers?,
    fallback: FallbackTemplate, directory: String
  ) throws {
    let main = sources.named["default"]
    let tool = sources.named["tool_use"]
    guard main != nil || sources.isEmpty else {
      throw ChatError(
        "\(directory): there are chat templates called \(sources.named.keys.sorted()), "
          + "and none called default")
    }
    let chosen = main ?? TemplateSources.Source(text: fallback.source, file: fallback.description)
    self.main = PreparedTemplate(
      try Self.parse(chosen, directory), specialTokens: specialTokens)
    withTools = try tool.map {
      PreparedTemplate(try Self.parse($0, directory), specialTokens: specialTokens)
    }
    source = (tool ?? chosen).text
    origin = [chosen.file, tool?.file].compactMap { $0 }.joined(separator: ", ")
    isFallback = main == nil
    self.specialTokens = specialTokens
    let literals = [self.main, withTools].compactMap { $0 }.flatMap(\.template.literals)
    let control = Self.controlTokens(tokens, literals)
    controlTokens = ControlTokens(control)
    let reasoningTags = (reasoning?.openings ?? []) + (reasoning.map { [$0.closing] } ?? [])
    unmarkedInAnswers = ControlTokens(control.filter { !reasoningTags.contains($0) })
  }

  /// The tokens that supplied text must not become: special ones, and those that the template
  /// writes (`<tool_call>`), except white space. It is transformers' rule.
  private static func controlTokens(
    _ tokens: [(text: String, isSpecial: Bool)], _ literals: [String]
  ) -> [String] {
    let written = literals.joined(separator: "\0")
    return tokens.filter { token in
      token.isSpecial || !trimmed(token.text).isEmpty && written.range(of: token.text) != nil
    }.map(\.text)
  }

  private static func parse(
    _ source: TemplateSources.Source, _ directory: String
  ) throws -> Template {
    do {
      return try Template(source.text)
    } catch {
      throw ChatError("\(directory)/\(source.file): the chat template can't be read: \(error)")
    }
  }
}
