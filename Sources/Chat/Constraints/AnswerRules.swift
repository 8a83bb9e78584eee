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
    let begun = String(prompt.prompt.answer)
    let isOpen = chat.reasoning?.areOpen(atEndOf: begun) ?? false
    let isInHeader = chat.toolFormat?.headerOpening.map(trimmed(begun).hasSuffix) ?? false
    let form =
      switch form {
      case .jsonSchema(let schema)?: "schema " + schema.text()
      case .regex(let pattern)?: "regex " + pattern
      case .choice(let texts)?: "choice " + JSON.array(texts.map { .string($0) }).text()
      case .grammar(let text)?: "grammar " + text
      case nil: "free"
      }
    let names = strict.sorted().joined(separator: ",")
    return
      "\(calls) \(allowsSeveralCalls) \(isOpen) \(isInHeader) \(names)\n\(JSON.array(tools).text())\n\(form)"
  }
}

extension ChatModel {
  /// The grammar that keeps an answer to the rules; nil where there is nothing to keep.
  ///
  /// Reasoning comes first and is free. Calls are constrained from their marker on; where they are
  /// only allowed and the format has no grammar, they aren't.
  ///
  /// - Parameter limits: what the grammar may take, also while texts follow it.
  public func grammar(
    for rules: AnswerRules, prompt: ChatPrompt, limits: GrammarLimits = GrammarLimits()
  ) throws -> Grammar? {
    guard rules.identity(self, prompt) != nil else { return nil }
    let writer = try AnswerWriter(
      format: toolFormat, reasoning: reasoning, rules: rules, begun: String(prompt.prompt.answer))
    return try writer.grammar(limits: limits)
  }

  /// The vocabulary for grammars. Markers of calls and reasoning are tokens, not text.
  ///
  /// - Parameters:
  ///   - count: how many tokens the model knows.
  ///   - maskBytes: see `TokenVocabulary`.
  public func makeTokenVocabulary(
    count: Int, maskBytes: Int = TokenVocabulary.usualMaskBytes
  ) -> TokenVocabulary {
    let markers = structuralMarkers
    let special = Dictionary(
      tokenizer.addedTokens.filter { token in
        token.isSpecial || markers.contains { $0.range(of: token.content) != nil }
      }.map { ($0.id, $0.content) }, uniquingKeysWith: { $1 })
    return TokenVocabulary(
      count: max(count, tokenizer.vocabularySize), stopTokens: stopTokens, maskBytes: maskBytes,
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
