import Runtime
import Synchronization
import Tokenizers

/// Finds the tokens whose texts hold another text, and remembers them: a look at the whole
/// vocabulary takes milliseconds.
final class TokenSearch: Sendable {
  private let tokenizer: Tokenizer
  private let vocabulary: Int
  private let found = Mutex(Found())

  private struct Found {
    var tokens: [String: Set<Int32>] = [:]
    /// Of all sets together.
    var count = 0
  }

  private static let mostKept = 64

  init(_ tokenizer: Tokenizer, vocabulary: Int) {
    self.tokenizer = tokenizer
    self.vocabulary = vocabulary
  }

  func tokens(containing text: String) -> Set<Int32> {
    if let known = found.withLock({ $0.tokens[text] }) { return known }
    let wanted = Array(text.utf8)
    let tokens = Set(
      (0..<Int32(vocabulary)).filter { tokenizer.bytes(of: $0)?.contains(wanted) ?? false })
    found.withLock { found in
      // Together no more than two whole vocabularies.
      if found.tokens.count >= Self.mostKept || found.count > vocabulary { found = Found() }
      found.tokens[text] = tokens
      found.count += tokens.count
    }
    return tokens
  }
}
