/// A rendered prompt.
public struct PromptText: Sendable {
  public let text: String
  /// UTF-8 ranges in which text that a message or a tool supplied spells a token of the model's
  /// markup: there it must stay text.
  public let literal: [Range<Int>]
  /// Where the text behind the last message begins (UTF-8): the beginning of the answer.
  public let answerStart: Int

  /// The beginning of the answer that the prompt already holds.
  public var answer: Substring {
    let utf8 = text.utf8
    return text[utf8.index(utf8.startIndex, offsetBy: min(answerStart, utf8.count))...]
  }
}

/// Why a conversation can't become a prompt.
public struct ChatError: Error, CustomStringConvertible, Sendable {
  public let message: String
  public var description: String { message }
  init(_ message: String) { self.message = message }
}
