/// Which tokens a sequence holds and how often, as far as its penalties look back.
struct TokenHistory {
  /// Prompt and answer.
  private(set) var tokens: [Int32]
  private let promptLength: Int
  private let window: Int?
  /// Occurrences within the window, in prompt and answer, and in the answer alone.
  private(set) var counts: [Int32: Int] = [:]
  private(set) var answerCounts: [Int32: Int] = [:]

  init(prompt: [Int32], window: Int?) {
    self.tokens = prompt
    self.promptLength = prompt.count
    self.window = window
    for token in prompt.suffix(window ?? prompt.count) { counts[token, default: 0] += 1 }
  }

  mutating func append(_ token: Int32) {
    tokens.append(token)
    counts[token, default: 0] += 1
    answerCounts[token, default: 0] += 1
    guard let window, tokens.count > window else { return }
    let leaving = tokens.count - window - 1
    Self.forget(tokens[leaving], &counts)
    if leaving >= promptLength { Self.forget(tokens[leaving], &answerCounts) }
  }

  private static func forget(_ token: Int32, _ counts: inout [Int32: Int]) {
    guard let count = counts[token] else { return }
    counts[token] = count > 1 ? count - 1 : nil
  }
}
