import Synchronization

/// A grammar in the tokens of one vocabulary. Requests with the same grammar share it, and with it
/// everything that was worked out before.
public final class TokenGrammar: Sendable {
  public let vocabulary: TokenVocabulary
  let grammar: Grammar
  let shared: Mutex<Shared>

  /// The automaton, and how often it was begun anew.
  struct Shared: Sendable {
    var automaton: Automaton
    var generation = 0
  }

  public init(_ grammar: Grammar, _ vocabulary: TokenVocabulary) {
    self.grammar = grammar
    self.vocabulary = vocabulary
    shared = Mutex(Shared(automaton: Automaton(grammar, vocabulary)))
  }

  /// About how much memory it takes.
  public var bytes: Int {
    shared.withLock { $0.automaton.bytes } + grammar.pool.nodes.count * ExpressionPool.bytesPerNode
  }

  /// Begins anew where the automaton has grown too large.
  static func trim(_ shared: inout Shared) {
    let automaton = shared.automaton
    guard automaton.bytes > automaton.grammar.limits.automatonBytes else { return }
    shared.automaton = Automaton(
      automaton.grammar, automaton.vocabulary, work: automaton.workLeft)
    shared.generation += 1
  }
}

/// Follows one text token by token, and says what may come next.
public final class GrammarMatcher: Sendable {
  private let grammar: TokenGrammar
  private let progress: Mutex<Progress>

  private struct Progress: Sendable {
    var tokens: [Int32] = []
    /// The configuration before each token, and the present one. (tokens + 1)
    var path: [Int32]
    var generation: Int
  }

  /// The configuration behind a stop token.
  private static let ended: Int32 = -1

  public init(_ grammar: TokenGrammar) {
    self.grammar = grammar
    progress = grammar.shared.withLock { shared in
      Mutex(Progress(path: [shared.automaton.start], generation: shared.generation))
    }
  }

  private var vocabulary: TokenVocabulary { grammar.vocabulary }

  /// Runs a body with the automaton and the configuration reached so far.
  private func withState<Result: Sendable>(
    _ body: (inout Automaton, inout Progress) -> Result
  ) -> Result {
    progress.withLock { progress in
      grammar.shared.withLock { shared in
        TokenGrammar.trim(&shared)
        if progress.generation != shared.generation {
          Self.replay(&progress, &shared.automaton)
          progress.generation = shared.generation
        }
        return body(&shared.automaton, &progress)
      }
    }
  }

  /// Finds the way again in a new automaton.
  private static func replay(_ progress: inout Progress, _ automaton: inout Automaton) {
    progress.path = [automaton.start]
    for token in progress.tokens {
      progress.path.append(next(progress.path, token, &automaton) ?? Automaton.dead)
    }
  }
}

// MARK: - What may come

extension GrammarMatcher {
  /// Sets bit t (word t / 64) for each token t that may come next. False when everything may come:
  /// the words are then untouched.
  public func fillMask(_ words: UnsafeMutableBufferPointer<UInt64>) -> Bool {
    let mask = withState { automaton, progress -> ConfigurationMask in
      let current = progress.path.last ?? Automaton.dead
      guard current != Self.ended else {
        return ConfigurationMask(tokens: automaton.vocabulary.stopMask, isEverything: false)
      }
      return automaton.mask(of: current)
    }
    if mask.isEverything { return false }
    for (index, word) in mask.tokens.words.enumerated() where index < words.count {
      words[index] = word
    }
    return true
  }

  /// Takes the token that was chosen. False: it may not come, and nothing has changed.
  public func accept(_ token: Int32) -> Bool {
    withState { automaton, progress in
      guard let next = Self.next(progress.path, token, &automaton) else { return false }
      progress.tokens.append(token)
      progress.path.append(next)
      return true
    }
  }

  /// The configuration behind a token; nil where it may not come.
  private static func next(
    _ path: [Int32], _ token: Int32, _ automaton: inout Automaton
  ) -> Int32? {
    guard let current = path.last, current != ended else { return nil }
    let vocabulary = automaton.vocabulary
    if vocabulary.stopTokens.contains(token) {
      let inside = automaton.step(current, special: token)
      if inside != Automaton.dead { return inside }
      return automaton.canEnd(current) ? ended : nil
    }
    if vocabulary.specialIDs.contains(token) {
      let next = automaton.step(current, special: token)
      return next == Automaton.dead ? nil : next
    }
    guard token >= 0, Int(token) < vocabulary.count, !vocabulary.texts[Int(token)].isEmpty else {
      return automaton.mask(of: current).isEverything ? current : nil
    }
    var next = current
    for byte in vocabulary.texts[Int(token)] where next != Automaton.dead {
      next = automaton.step(next, byte)
    }
    return next == Automaton.dead ? nil : next
  }

  /// Takes back the last accepted tokens.
  public func rollback(_ count: Int) {
    progress.withLock { progress in
      let count = min(max(count, 0), progress.tokens.count)
      progress.tokens.removeLast(count)
      progress.path.removeLast(count)
    }
  }

  /// Why no token is accepted any more; nil where that isn't so.
  public var failure: String? {
    grammar.shared.withLock { shared in
      shared.automaton.hasFailed
        ? "the request's grammar takes more memory or time to follow than a request may have" : nil
    }
  }

  /// Whether the text may end here, or has ended.
  public var isComplete: Bool {
    withState { automaton, progress in
      progress.path.last.map { $0 == Self.ended || automaton.canEnd($0) } ?? false
    }
  }
}

// MARK: - What must come

extension GrammarMatcher {
  /// Bytes that are looked ahead.
  private static let mostForcedBytes = 512
  /// Tokens before forced ones that are tokenised together with them.
  private static let contextTokens = 12

  /// Tokens that must come next whatever the model says; none where it has a choice.
  ///
  /// Where the text is forced, its tokens are those that the model's tokenizer makes of it behind
  /// the tokens before; the last of them is left out, since it might go on into what isn't forced.
  /// For a vocabulary without an encoder they are the longest that fit at each place.
  public func forcedTokens() -> [Int32] {
    withState { automaton, progress in
      guard let current = progress.path.last, current != Self.ended else { return [] }
      let forced = automaton.forcedText(current, limit: Self.mostForcedBytes)
      // Where it gave up, the one byte that it found may not be the only one.
      guard !automaton.hasFailed else { return [] }
      if let token = forced.special, forced.text.isEmpty { return [token] }
      guard !forced.text.isEmpty else { return [] }
      return Self.tokens(forced.text, isWhole: forced.isWhole, behind: progress.tokens, vocabulary)
    }
  }

  private static func tokens(
    _ text: [UInt8], isWhole: Bool, behind tokens: [Int32], _ vocabulary: TokenVocabulary
  ) -> [Int32] {
    guard let encode = vocabulary.encode else {
      let result = vocabulary.longestTokens(text)
      return isWhole ? result : result.dropLast()
    }
    let context = tokens.suffix(contextTokens).reversed().prefix { vocabulary.hasText($0) }
    var before = Array(context.reversed())
    var whole = before.flatMap { vocabulary.texts[Int($0)] } + text
    var encoded = encode(whole)
    if !encoded.starts(with: before) {
      // The text before was written in other tokens than a tokenizer's.
      (before, whole) = ([], text)
      encoded = encode(text)
    }
    guard encoded.allSatisfy(vocabulary.hasText),
      encoded.flatMap({ vocabulary.texts[Int($0)] }) == whole
    else { return [] }
    let result = encoded.dropFirst(before.count)
    return Array(isWhole ? result : result.dropLast())
  }
}

extension TokenVocabulary {
  func hasText(_ token: Int32) -> Bool {
    token >= 0 && Int(token) < count && !texts[Int(token)].isEmpty
  }

  /// A text in the longest tokens that fit at each place.
  func longestTokens(_ text: [UInt8]) -> [Int32] {
    var result: [Int32] = []
    var start = 0
    while start < text.count {
      guard let found = trie.longestToken(text[start...]) else { return result }
      result.append(found.id)
      start += found.length
    }
    return result
  }
}

extension TokenTrie {
  /// The longest token that a text begins with.
  func longestToken(_ text: ArraySlice<UInt8>) -> (id: Int32, length: Int)? {
    var found: (id: Int32, length: Int)?
    var node = 0
    for (depth, byte) in text.enumerated() {
      var child = node + 1
      while child < Int(ends[node]), bytes[child] != byte { child = Int(ends[child]) }
      guard child < Int(ends[node]) else { break }
      node = child
      if let id = tokens(at: node).first { found = (id, depth + 1) }
    }
    return found
  }
}

extension Automaton {
  /// The text, or the special token, that must come.
  mutating func forcedText(
    _ start: Int32, limit: Int
  ) -> (text: [UInt8], special: Int32?, isWhole: Bool) {
    var text: [UInt8] = []
    var current = start
    while text.count < limit, !canEnd(current) {
      let items = items(of: current)
      if items.allSatisfy({ $0.kind == .special }) {
        let tokens = Set(items.map(\.state))
        return (text, tokens.count == 1 ? tokens.first : nil, true)
      }
      guard items.allSatisfy({ $0.kind == .regular }), let byte = forcedByte(current) else { break }
      text.append(byte)
      current = step(current, byte)
    }
    // An answer that ends here goes on in no other way.
    return (text, nil, canEnd(current) && items(of: current).isEmpty)
  }

  private mutating func forcedByte(_ configuration: Int32) -> UInt8? {
    let first = configurations[Int(configuration)].first
    guard first.count <= 64 else { return nil }
    var found: UInt8?
    for byte in first.bytes where step(configuration, byte) != Self.dead {
      if found != nil { return nil }
      found = byte
    }
    return found
  }
}
