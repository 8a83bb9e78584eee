import Grammar
import JSON

/// What a request demands of an answer's form.
public struct AnswerRules: Sendable {
  /// Whether tools are called.
  public enum Calls: Sendable {
    /// As the model likes.
    case allowed
    /// The answer is calls, at least one.
    case required
  }

  /// The form of an answer that isn't calls.
  public enum Form: Sendable {
    case jsonSchema(JSON)
    case regex(String)
    case choice([String])
    /// In llama.cpp's or Lark's notation.
    case grammar(String)
  }

  /// The tools that may be called, as the template reads them.
  public var tools: [JSON] = []
  public var calls = Calls.allowed
  /// Names of tools whose arguments must satisfy their schemas.
  public var strict: Set<String> = []
  public var allowsSeveralCalls = true
  public var form: Form?

  public init() {}

  /// Whether something is promised to the client.
  public var demands: Bool { calls == .required || form != nil || !strict.isEmpty }

  private var isEmpty: Bool { tools.isEmpty && form == nil }

  /// What tells the grammar of these rules from others of the same model; nil where nothing is
  /// constrained.
  public func identity(_ chat: ChatModel, _ prompt: ChatPrompt) -> String? {
    guard !isEmpty else { return nil }
    let isOpen = chat.reasoning?.areOpen(atEndOf: prompt.prompt.answer) ?? false
    let form =
      switch form {
      case .jsonSchema(let schema)?: "schema " + schema.text()
      case .regex(let pattern)?: "regex " + pattern
      case .choice(let texts)?: "choice " + JSON.array(texts.map { .string($0) }).text()
      case .grammar(let text)?: "grammar " + text
      case nil: "free"
      }
    let names = strict.sorted().joined(separator: ",")
    return "\(calls) \(allowsSeveralCalls) \(isOpen) \(names)\n\(JSON.array(tools).text())\n\(form)"
  }
}

extension ChatModel {
  /// The grammar that keeps an answer to the rules; nil where there is nothing to keep.
  ///
  /// Reasoning comes first and is free. Calls are constrained from their marker on; where they are
  /// only allowed and the format has no grammar, they aren't.
  public func grammar(for rules: AnswerRules, prompt: ChatPrompt) throws -> Grammar? {
    guard rules.identity(self, prompt) != nil else { return nil }
    var builder = GrammarBuilder()
    let calls = rules.tools.isEmpty ? nil : try callWriter(rules)
    if rules.form == nil, rules.calls == .allowed {
      guard let calls else { return nil }
      let root = try allowed(calls, &builder)
      return try builder.grammar(root: root)
    }
    var answers: [GrammarBuilder.Part] = []
    if let calls {
      let rest = try furtherCalls(calls, &builder)
      let body = try calls.body(&builder, then: rest)
      answers.append(builder.sequence([builder.marker(calls.grammar.begin), body]))
    }
    if let form = rules.form, rules.calls == .allowed {
      answers.append(try self.form(form, &builder))
    }
    let root = try behindReasoning(builder.choice(answers), prompt, &builder)
    return try builder.grammar(root: root)
  }

  private func callWriter(_ rules: AnswerRules) throws -> CallWriter? {
    let tools = rules.tools.compactMap { CallableTool($0, strict: rules.strict) }
    guard let grammar = toolFormat?.callGrammar else {
      guard rules.calls == .allowed, rules.strict.isEmpty else {
        let name = toolFormat?.name ?? "none"
        throw ConstraintError(
          tool: nil, description: "this model's tool format, \(name), can't be constrained")
      }
      return nil
    }
    return CallWriter(grammar: grammar, tools: tools, allowsSeveral: rules.allowsSeveralCalls)
  }

  /// Free text in which each call is constrained.
  private func allowed(
    _ calls: CallWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    let text = builder.rule("text")
    let marker = calls.grammar.begin
    let rest =
      calls.allowsSeveral ? text : builder.freeText(until: [(marker, nil)], mayEnd: true)
    let body = try calls.body(&builder, then: rest)
    builder.define(text, as: builder.freeText(until: [(marker, body)], mayEnd: true))
    return text
  }

  /// What may stand behind required calls: nothing, or more of them.
  private func furtherCalls(
    _ calls: CallWriter, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    guard calls.allowsSeveral, let next = calls.grammar.next else { return builder.empty }
    let more = builder.rule("more calls")
    let begin = builder.sequence([builder.literal(next), builder.marker(calls.grammar.begin)])
    let body = try calls.body(&builder, then: more)
    builder.define(more, as: builder.optional(builder.sequence([begin, body])))
    return more
  }

  private func form(
    _ form: AnswerRules.Form, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    switch form {
    case .jsonSchema(let schema):
      var options = SchemaOptions()
      options.closesObjects = true
      return try builder.jsonSchema(schema, options: options)
    case .regex(let pattern): return try builder.regex(pattern)
    case .choice(let texts): return builder.choice(texts.map { builder.literal($0) })
    case .grammar(let text): return try builder.notation(text)
    }
  }

  /// The answer behind reasoning, which the prompt may have begun, or the model may begin.
  private func behindReasoning(
    _ answer: GrammarBuilder.Part, _ prompt: ChatPrompt, _ builder: inout GrammarBuilder
  ) throws -> GrammarBuilder.Part {
    guard let reasoning else { return answer }
    let space = try builder.regex("\\s{0,2}")
    let spaced = builder.sequence([space, answer])
    let thought = builder.freeText(until: [(reasoning.closing, spaced)], mayEnd: false)
    if reasoning.areOpen(atEndOf: prompt.prompt.answer) { return thought }
    let openings = reasoning.openings.map { builder.marker($0) }
    let reasoned = builder.sequence([builder.choice(openings), thought])
    return builder.choice([answer, reasoned])
  }

  /// The vocabulary for grammars. Markers of calls and reasoning are tokens, not text.
  public func makeTokenVocabulary(count: Int) -> TokenVocabulary {
    let markers = structuralMarkers
    let special = Dictionary(
      tokenizer.addedTokens.filter { token in
        token.isSpecial || markers.contains { $0.range(of: token.content) != nil }
      }.map { ($0.id, $0.content) }, uniquingKeysWith: { $1 })
    return TokenVocabulary(
      count: max(count, tokenizer.vocabularySize), stopTokens: stopTokens,
      bytes: { [tokenizer] in tokenizer.bytes(of: $0) }, special: { special[$0] },
      encode: { [tokenizer] bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        return tokenizer.encode(
          text, addSpecialTokens: false, literal: [0..<text.utf8.count])
      })
  }

  /// Texts with which the format and reasoning are marked.
  private var structuralMarkers: [String] {
    let grammar =
      toolFormat?.grammar(reasoning: reasoning)
      ?? OutputGrammar(calls: [], ignored: [], reasoning: reasoning)
    return grammar.markers + (toolFormat?.innerMarkers ?? [])
  }
}
