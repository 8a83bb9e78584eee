import Grammar

/// `<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>{…}`: GPT-OSS writes all
/// its output in channels: `analysis` is reasoning, `final` and plain `commentary` are the answer.
struct HarmonyFormat: ToolFormat {
  let name = "harmony"
  let markers: [CallMarkers] = []
  let headerOpening: String? = "<|start|>assistant"
  let innerMarkers = [
    "<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|constrain|>", "<|call|>", "<|return|>",
  ]

  /// Behind a header each; the recipient stands before the channel or behind it.
  let callGrammars = [
    " to=functions.NAME<|channel|>commentary", "<|channel|>commentary to=functions.NAME",
  ].flatMap { header in
    [" <|constrain|>json", "<|constrain|>json", " json", ""].map {
      CallGrammar(begin: "", head: header + $0 + "<|message|>", excluded: ends)
    }
  }
  private static let ends = ["<|end|>", "<|call|>", "<|return|>", "<|start|>", "<|channel|>"]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|channel|>") && clues.mentions("<|message|>")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { HeadedCallReader() }

  func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar {
    var grammar = OutputGrammar()
    for state in OutputGrammar.State.allCases where state != .header {
      grammar.add("<|start|>", from: [state], to: .header)
      grammar.add("<|channel|>", from: [state], to: .header)
      for end in ["<|end|>", "<|call|>", "<|return|>"] {
        grammar.add(end, from: [state], to: .content)
      }
    }
    grammar.add("<|message|>", from: [.header], to: .headerEnd)
    return grammar
  }

  // MARK: Grammar

  /// Messages one after another: reasoning, then a call, an answer, or what announces a call.
  func answer(
    _ answer: AnswerWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part? {
    let message = builder.rule("message")
    let next = builder.sequence([builder.marker("<|start|>assistant"), message])
    let isFree = answer.rules.calls == .allowed && answer.rules.form == nil
    var messages = [try text("analysis", &builder, then: next, mayEnd: isFree)]
    if isFree {
      messages.append(try text("commentary", &builder, then: next, mayEnd: true))
      messages.append(try text("final", &builder, then: next, mayEnd: true))
    }
    if let form = try answer.form(&builder) {
      let constraint = builder.template(" <|constrain|>json")
      messages.append(
        builder.sequence([
          builder.template("<|channel|>final"), builder.optional(constraint),
          builder.marker("<|message|>"), form,
        ]))
    }
    if let calls = answer.calls {
      var end = builder.marker("<|call|>")
      if calls.allowsSeveral { end = builder.sequence([end, builder.optional(next)]) }
      messages.append(builder.sequence([try call(calls, &builder), builder.optional(end)]))
    }
    builder.define(message, as: builder.choice(messages))
    return message
  }

  private func call(
    _ calls: CallWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    var all: [GrammarBuilder.Part] = []
    for grammar in calls.grammars {
      for tool in calls.tools { all.append(try calls.call(of: tool, in: grammar, &builder)) }
    }
    return builder.choice(all)
  }

  /// A message of free text.
  private func text(
    _ channel: String, _ builder: inout GrammarBuilder, then next: GrammarBuilder.Part, mayEnd: Bool
  ) throws -> GrammarBuilder.Part {
    let others = ["<|start|>", "<|channel|>", "<|message|>", "<|call|>"]
    let text = try builder.freeText(
      until: [("<|end|>", next)] + others.map { ($0, nil) }, mayEnd: mayEnd)
    return builder.sequence([builder.marker("<|channel|>\(channel)<|message|>"), text])
  }

  // MARK: Headers

  /// The header between `<|start|>` or `<|channel|>` and `<|message|>`, with its inner markers.
  func part(behind header: String) -> HeadedPart {
    if let recipient = header.range(of: "to=") {
      let path = header[recipient.upperBound...].prefix { !$0.isWhitespace && $0 != "<" }
      let name = path.hasPrefix("functions.") ? path.dropFirst("functions.".count) : path
      if !name.isEmpty { return .call(name: String(name)) }
    }
    return header.range(of: "analysis") == nil ? .content : .reasoning
  }
}
