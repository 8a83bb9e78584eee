import Foundation
import JSON
import Tokenizers

/// Looks at the text side of a model directory or bundle, by rendering probe conversations.
public func inspectChat(directory: String) -> ChatReport {
  do {
    return inspectChat(directory: directory, tokenizer: try Tokenizer(directory: directory))
  } catch {
    return ChatReport(failure: error)
  }
}

/// The same, for callers that already have the directory's tokenizer.
func inspectChat(directory: String, tokenizer: Tokenizer) -> ChatReport {
  do {
    var report = ChatReport()
    let model = try ChatModel(directory: directory, tokenizer: tokenizer)
    let inspection = ChatInspection(model, ModelTextFiles(directory: directory))
    report.capabilities = model.capabilities
    report.facts = inspection.facts
    report.findings = inspection.findings
    return report
  } catch {
    return ChatReport(failure: error)
  }
}

extension ChatReport {
  init(failure: any Error) { findings = [.init(severity: .error, message: "\(failure)")] }
}

/// The checks, on a model whose files could be read.
private struct ChatInspection {
  private let model: ChatModel
  private let files: ModelTextFiles
  private let probe: TemplateProbe

  init(_ model: ChatModel, _ files: ModelTextFiles) {
    self.model = model
    self.files = files
    probe = TemplateProbe(model.template)
  }

  var facts: [(name: String, value: String)] {
    let can = model.capabilities
    let format = can.toolFormat.map { ", as \($0)" } ?? ""
    let reasoning = model.reasoning.map { "\($0.openings[0]) … \($0.closing)" }
    return [
      ("template", model.template.origin),
      ("system role", yes(can.systemRole)),
      ("developer role", can.developerRole ? "yes" : "taken for the system's"),
      ("tool calls", can.tools ? "yes" + format : "no"),
      ("tool results", yes(can.toolResults)),
      ("parallel tool calls", yes(can.parallelToolCalls)),
      ("reasoning", reasoning ?? (can.reasoning ? "yes, in channels" : "no")),
      ("reasoning switch", yes(can.reasoningSwitch)),
      ("variables", can.templateVariables.sorted().joined(separator: ", ")),
      ("stop tokens", stopTokens),
    ].filter { !$0.1.isEmpty }
  }

  private func yes(_ value: Bool) -> String { value ? "yes" : "no" }

  private func name(_ id: Int32) -> String {
    model.tokenizer.token(id).map { "\($0) (\(id))" } ?? "\(id), which is no token"
  }

  private var stopTokens: String { model.stopTokens.sorted().map(name).joined(separator: ", ") }

  var findings: [ChatReport.Finding] {
    let tokens = TokenInspection(tokenizer: model.tokenizer, files: files)
    return templateFindings + tokens.findings(template: model.template) + endFindings
      + beginFindings + toolFindings + reasoningFindings
  }

  private func error(_ message: String) -> [ChatReport.Finding] {
    [.init(severity: .error, message: message)]
  }

  private func warning(_ message: String) -> [ChatReport.Finding] {
    [.init(severity: .warning, message: message)]
  }
}

// MARK: - The template

extension ChatInspection {
  private var templateFindings: [ChatReport.Finding] {
    if model.template.isFallback {
      return warning(
        "there is no chat template (chat_template.jinja, or chat_template in "
          + "tokenizer_config.json); conversations are written as \(model.template.origin)")
    }
    var findings: [ChatReport.Finding] = []
    do {
      let text = try model.template.prompt(messages: [TemplateProbe.user], tools: nil).text
      if text.range(of: "probe question") == nil {
        findings += error("the chat template leaves out what the user says")
      }
    } catch {
      findings += self.error("the chat template fails on a plain question: \(error)")
    }
    let turns: [JSON] = [
      TemplateProbe.user, ["role": "assistant", "content": "probe answer"], TemplateProbe.user,
    ]
    if let text = probe.text(turns), text.range(of: "probe answer") == nil {
      findings += error("the chat template leaves out earlier answers")
    } else if probe.text(turns) == nil {
      findings += error("the chat template fails on a conversation of two turns")
    }
    if !model.capabilities.systemRole {
      findings += warning("the chat template has no system role")
    }
    return findings
  }
}

// MARK: - Tokens that begin and end

extension ChatInspection {
  private var endFindings: [ChatReport.Finding] {
    var findings: [ChatReport.Finding] = []
    let sources = [
      ("generation_config.json", ModelTextFiles.endTokens(files.generation)),
      ("config.json", ModelTextFiles.endTokens(files.configuration)),
      ("tokenizer_config.json", Set([model.tokenizer.endOfSequence].compactMap { $0 })),
    ].filter { !$0.1.isEmpty }
    if model.stopTokens.isEmpty {
      return error("no file names a token that ends an answer: answers end at the token limit")
    }
    let union = sources.reduce(into: Set<Int32>()) { $0.formUnion($1.1) }
    // The first file that names any is the one that other programs go by.
    if let first = sources.first, first.1 != union {
      let list = sources.map { "\($0.0) \($0.1.sorted().map(name).joined(separator: ", "))" }
      findings += warning(
        "the files don't agree on what ends an answer, all of it does: "
          + list.joined(separator: "; "))
    }
    if let end = turnEnd, !union.contains(end) {
      findings += warning(
        "the chat template ends a turn with \(name(end)), which no file names as end of sequence; "
          + (model.stopTokens.contains(end) ? "it is used anyway" : "answers run on"))
    }
    for id in union.sorted() where model.tokenizer.token(id) == nil {
      findings += error("the end of sequence \(id) is no token of the tokenizer")
    }
    return findings
  }

  /// The special token that the template writes behind an answer.
  private var turnEnd: Int32? {
    let messages: [JSON] = [TemplateProbe.user, ["role": "assistant", "content": "probe answer"]]
    let prompt = try? model.template.prompt(
      messages: messages, tools: nil, addGenerationPrompt: false)
    guard let text = prompt?.text, let answer = text.lastRange(of: "probe answer") else {
      return nil
    }
    let ids = model.tokenizer.encode(String(text[answer.upperBound...]), addSpecialTokens: false)
    return ids.first(where: model.tokenizer.isSpecial)
  }

  private var beginFindings: [ChatReport.Finding] {
    guard let prompt = try? model.prompt(messages: [TemplateProbe.user], tools: nil),
      let first = prompt.ids.first
    else { return [] }
    let count = prompt.ids.prefix { $0 == first }.count
    if count > 1, model.tokenizer.isSpecial(first) {
      return error(
        "a prompt begins with \(name(first)) \(count) times: the template writes it twice")
    }
    guard let begin = model.tokenizer.beginOfSequence else { return [] }
    let withSpecial = model.tokenizer.encode("a", addSpecialTokens: true)
    if first != begin, withSpecial.first == begin {
      return warning(
        "the tokenizer begins texts with \(name(begin)), and the chat template doesn't write it")
    }
    return []
  }
}

// MARK: - Tools and reasoning

extension ChatInspection {
  private var toolFindings: [ChatReport.Finding] {
    let can = model.capabilities
    var findings: [ChatReport.Finding] = []
    if model.toolFormat != nil, !probe.showsTools {
      findings += warning("the chat template doesn't show the model the tools that are offered")
    }
    if model.toolFormat == nil, probe.showsTools {
      findings += warning(
        "the chat template shows tools, in a format of calls that isn't known: calls stay text")
    }
    if can.tools, !can.toolResults {
      findings += error("the chat template can't give the result of a tool back to the model")
    }
    if can.tools, can.toolResults, !can.parallelToolCalls {
      findings += warning("the chat template can't show several tool calls in one answer")
    }
    let declared = files.toolParserType
    if let declared, declared != model.toolFormat?.name, declared != "laguna" {
      findings += warning(
        "tokenizer_config.json: tool_parser_type \(declared) isn't known; "
          + "\(model.toolFormat?.name ?? "no format") is used")
    }
    return findings
  }

  private var reasoningFindings: [ChatReport.Finding] {
    guard let reasoning = model.reasoning else { return [] }
    let history: [JSON] = [
      TemplateProbe.user,
      [
        "role": "assistant", "content": "", "reasoning_content": "probe thought",
        "tool_calls": [TemplateProbe.call("probe_tool", id: "callprob1")],
      ],
      TemplateProbe.result("probe result", id: "callprob1"),
    ]
    let text = probe.text(history, tools: [TemplateProbe.tool])
    guard model.capabilities.tools, let text, text.range(of: "probe thought") == nil else {
      return []
    }
    return warning(
      "the chat template drops the model's reasoning (\(reasoning.openings[0])) between tool calls")
  }
}
