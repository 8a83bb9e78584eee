import JSON
import Jinja

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
    let chosen = tools == nil ? main : withTools ?? main
    let template = chosen.template
    let prepared = try chosen.preparation.prepare(messages)
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
  public func uses(_ name: String) -> Bool { templates.contains { $0.uses(name) } }

  /// Everything that the templates can spell.
  var literals: [String] { templates.flatMap(\.literals) }

  private var templates: [Template] { [main, withTools].compactMap { $0?.template } }
}
