import Runtime
import Synchronization
import Tokenizers

/// Finds the tokens whose texts hold another text, and remembers them: a look at the whole
/// vocabulary takes milliseconds.
final class TokenSearch: Sendable {
  private let tokenizer: Tokenizer
  private let vocabulary: Int
  private let found = Mutex<[String: Set<Int32>]>([:])

  private static let mostKept = 64

  init(_ tokenizer: Tokenizer, vocabulary: Int) {
    self.tokenizer = tokenizer
    self.vocabulary = vocabulary
  }

  func tokens(containing text: String) -> Set<Int32> {
    if let known = found.withLock({ $0[text] }) { return known }
    let wanted = Array(text.utf8)
    let tokens = Set(
      (0..<Int32(vocabulary)).filter { tokenizer.bytes(of: $0)?.contains(wanted) ?? false })
    found.withLock { found in
      if found.count >= Self.mostKept { found = [:] }
      found[text] = tokens
    }
    return tokens
  }
}
