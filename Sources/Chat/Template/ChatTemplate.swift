import Foundation
import JSON
import Jinja

/// Turns conversations into prompts, as the model's makers meant.
///
/// Which template counts is decided as transformers decides it (see `TemplateSources`): with tools
/// the one called `tool_use` where there is one, else `default`. A model without any template gets
/// ChatML where its tokenizer has `<|im_start|>`, else plain "User:" and "Assistant:" lines.
public struct ChatTemplate: Sendable {
  private let main: Template
  private let withTools: Template?
  /// bos_token, eos_token and the like, as variables.
  let specialTokens: JSONObject
  private let controlTokens: ControlTokens
  private let unmarkedInAnswers: ControlTokens
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
    self.main = try Self.parse(chosen, directory)
    withTools = try tool.map { try Self.parse($0, directory) }
    source = (tool ?? chosen).text
    origin = [chosen.file, tool?.file].compactMap { $0 }.joined(separator: ", ")
    isFallback = main == nil
    self.specialTokens = specialTokens
    let literals = (self.main.literals + (withTools?.literals ?? [])).joined(separator: "\0")
    let control = tokens.filter { token in
      token.isSpecial || literals.contains(token.text) && !trimmed(token.text).isEmpty
    }.map(\.text)
    controlTokens = ControlTokens(control)
    let reasoningTags = (reasoning?.openings ?? []) + (reasoning.map { [$0.closing] } ?? [])
    unmarkedInAnswers = ControlTokens(control.filter { !reasoningTags.contains($0) })
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

// MARK: - Rendering

extension ChatTemplate {
  /// Where text of a prompt came from.
  private enum Origin {
    static let supplied: UInt8 = 1
    /// An earlier answer of the model, which may hold its own reasoning tags.
    static let answer: UInt8 = 2
  }

  /// Renders a conversation.
  ///
  /// - Parameter variables: further variables: the request's `chat_template_kwargs`,
  ///   `enable_thinking`. They win over the special tokens, not over the conversation.
  public func prompt(
    messages: [JSON], tools: [JSON]?, addGenerationPrompt: Bool = true,
    variables: JSONObject = JSONObject(), now: LocalTime = .now
  ) throws -> PromptText {
    let tools = tools.flatMap { $0.isEmpty ? nil : $0 }
    let template = tools == nil ? main : withTools ?? main
    let prepared = try preparation(for: template).prepare(messages)
    var all = specialTokens
    for (name, value) in adapted(variables, to: template) { all[name] = value }
    all["messages"] = .array(prepared)
    all["tools"] = tools.map(JSON.array) ?? .null
    all["documents"] = all["documents"] ?? .null
    all["add_generation_prompt"] = .bool(addGenerationPrompt)
    let options = RenderOptions(now: now) { name, element in
      guard ["messages", "tools", "documents"].contains(name) else { return 0 }
      let isAnswer = name == "messages" && element["role"]?.string == "assistant"
      return isAnswer ? Origin.answer : Origin.supplied
    }
    do {
      return prompt(try template.renderText(all, options: options))
    } catch let error as TemplateError where error.kind == .raised {
      throw ChatError(error.message)
    } catch {
      throw ChatError("the chat template (\(origin)) fails on this conversation, \(error)")
    }
  }

  private func prompt(_ rendered: RenderedText) -> PromptText {
    let supplied = rendered.origins.filter { $0.label == Origin.supplied }.map(\.range)
    let answers = rendered.origins.filter { $0.label == Origin.answer }.map(\.range)
    let literal =
      controlTokens.occurrences(in: rendered.text, supplied: supplied)
      + unmarkedInAnswers.occurrences(in: rendered.text, supplied: answers)
    return PromptText(
      text: rendered.text, literal: literal.sorted { $0.lowerBound < $1.lowerBound },
      answerStart: rendered.origins.last?.range.upperBound ?? 0)
  }

  private func preparation(for template: Template) -> MessagePreparation {
    let knows: (String) -> Bool = { text in template.literals.contains { $0.contains(text) } }
    return MessagePreparation(
      mapsDeveloperRole: !knows("developer"), shortensIDs: knows("length 9"))
  }

  /// `enable_thinking` under the name that the template knows: DeepSeek calls it `thinking`.
  private func adapted(_ variables: JSONObject, to template: Template) -> JSONObject {
    guard let isEnabled = variables["enable_thinking"], !template.uses("enable_thinking"),
      template.uses("thinking"), variables["thinking"] == nil
    else { return variables }
    var result = variables
    result["thinking"] = isEnabled
    return result
  }

  /// Whether a template reads a variable of that name.
  public func uses(_ name: String) -> Bool { main.uses(name) || withTools?.uses(name) ?? false }
}

// MARK: - Special tokens

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
    let named = [configuration?["extra_special_tokens"], configuration?["model_specific_special_tokens"]]
    for case .object(let extra)? in named {
      for (name, value) in extra {
        if let text = value.string ?? value["content"]?.string { result[name] = .string(text) }
      }
    }
    return result
  }
}
