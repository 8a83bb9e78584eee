import Chat
import Foundation
import Grammar
import JSON
import Runtime
import Synchronization

extension GrammarMatcher: TokenConstraint {}

/// Makes the constraints of answers, and keeps what requests share: the vocabulary, and the
/// grammars of the last ones, since an agent's requests have the same tools.
final class AnswerConstraints: Sendable {
  private let chat: ChatModel
  private let tokens: Int
  private let constrainsCalls: Bool
  private let memory: ServerMemory
  let kept = Mutex(Kept())

  struct Kept: Sendable {
    var vocabulary: TokenVocabulary?
    var grammars: [String: TokenGrammar] = [:]
    /// Keys of `grammars`, the one used last at the end.
    var order: [String] = []
    /// Every grammar that somebody has, kept or not.
    var alive: [Weak] = []
  }

  /// A grammar for as long as others have it.
  struct Weak: Sendable {
    weak let grammar: TokenGrammar?
  }

  private static let mostGrammars = 16

  /// - Parameters:
  ///   - tokens: how many tokens the model knows.
  ///   - constrainsCalls, memory: see `ServedModel`.
  init(
    chat: ChatModel, tokens: Int, constrainsCalls: Bool, memory: ServerMemory = ServerMemory()
  ) {
    self.chat = chat
    self.tokens = tokens
    self.constrainsCalls = constrainsCalls
    self.memory = memory
  }

  /// The constraint for one answer; nil where it is free.
  func constraint(
    for conversation: Conversation, prompt: ChatPrompt
  ) throws -> (any TokenConstraint)? {
    let rules = AnswerRules(conversation)
    guard constrainsCalls || rules.demands else { return nil }
    guard let key = rules.identity(chat, prompt) else { return nil }
    if let known = kept.withLock({ $0.use(key) }) { return GrammarMatcher(known) }
    guard let grammar = try grammar(for: rules, conversation, prompt) else { return nil }
    let made = TokenGrammar(grammar, vocabulary)
    try kept.withLock { kept throws(APIError) in
      try kept.admit(made, bytes: memory.keptGrammars + memory.usedGrammars)
      kept.keep(made, key, most: Self.mostGrammars, bytes: memory.keptGrammars)
    }
    return GrammarMatcher(made)
  }

  private func grammar(
    for rules: AnswerRules, _ conversation: Conversation, _ prompt: ChatPrompt
  ) throws -> Grammar? {
    do {
      return try chat.grammar(for: rules, prompt: prompt, limits: memory.grammarLimits)
    } catch let error as ConstraintError {
      guard let tool = error.tool else {
        let path = conversation.tools.choice == .required ? "tool_choice" : "tools"
        throw APIError.unsupportedValue(path, "\(error.description).")
      }
      throw APIError.invalid(
        "tools", "The parameters of '\(tool)' can't be enforced: \(error.description).",
        code: "unsupported_schema")
    } catch let error as GrammarError {
      throw APIError.invalid(
        conversation.form?.path ?? "tools", "The answer's form can't be enforced: \(error).",
        code: "unsupported_schema")
    }
  }

  /// Made with the first use, which `prepare` brings forward.
  private var vocabulary: TokenVocabulary {
    kept.withLock { kept in
      if let vocabulary = kept.vocabulary { return vocabulary }
      let made = chat.makeTokenVocabulary(count: tokens, maskBytes: memory.grammarMasks)
      kept.vocabulary = made
      return made
    }
  }

  /// Makes the vocabulary before somebody waits for it.
  func prepare() { _ = vocabulary }
}

extension AnswerConstraints.Kept {
  fileprivate mutating func use(_ key: String) -> TokenGrammar? {
    guard let known = grammars[key] else { return nil }
    order.removeAll { $0 == key }
    order.append(key)
    return known
  }

  /// Refuses a grammar as long as those of running answers leave no memory for it; what is only
  /// kept gives way, the one used longest ago first.
  mutating func admit(_ grammar: TokenGrammar, bytes: Int) throws(APIError) {
    let needed = grammar.bytes
    func taken() -> Int { alive.reduce(0) { $0 + ($1.grammar?.bytes ?? 0) } }
    while taken() + needed > bytes, !order.isEmpty {
      grammars[order.removeFirst()] = nil
    }
    alive.removeAll { $0.grammar == nil }
    guard alive.isEmpty || taken() + needed <= bytes else {
      throw APIError(
        .serviceUnavailable,
        "The grammars of running answers take the memory that there is for them; try again.",
        type: "server_error", code: "grammars_too_large", retryAfter: 2)
    }
    alive.append(AnswerConstraints.Weak(grammar: grammar))
  }

  /// Keeps a grammar, at the cost of those that weren't used for longest: they have grown since.
  mutating func keep(_ grammar: TokenGrammar, _ key: String, most: Int, bytes: Int) {
    if grammars.updateValue(grammar, forKey: key) == nil { order.append(key) }
    var total = grammars.values.reduce(0) { $0 + $1.bytes }
    while order.count > most || total > bytes && order.count > 1 {
      total -= grammars.removeValue(forKey: order.removeFirst())?.bytes ?? 0
    }
  }
}

extension AnswerRules {
  init(_ conversation: Conversation) {
    self.init()
    let tools = conversation.tools
    let callable = tools.callable
    self.tools = tools.definitions.filter { definition in
      let name = definition["function"]?["name"]?.string ?? ""
      return tools.choice != .none && callable.map { $0.contains(name) } ?? true
    }
    calls = tools.choice == .required ? .required : .allowed
    strict = tools.strict
    allowsSeveralCalls = tools.parallel
    form = conversation.form?.form
  }
}
