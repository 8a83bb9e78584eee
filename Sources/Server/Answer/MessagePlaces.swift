import Chat
import Foundation
import JSON
import Tokenizers

/// Says in which message a token of a prompt stands, as near as the rendered text tells: a message
/// reaches from the end of the one before it to the end of its own words.
struct MessagePlaces: Sendable {
  let messages: [JSON]
  let prompt: ChatPrompt
  let tokenizer: Tokenizer

  /// The message that token `index` belongs to, counted from 0; nil where there are none.
  func message(ofToken index: Int) -> Int? {
    guard !messages.isEmpty else { return nil }
    let before = tokenizer.decode(Array(prompt.ids.prefix(index)), skipSpecialTokens: false)
    return ends.firstIndex { $0 > before.utf8.count } ?? messages.count - 1
  }

  /// Where each message's last words end in the text, in UTF-8 units.
  private var ends: [Int] {
    let text = prompt.text
    var place = text.startIndex
    return messages.map { message in
      for words in Self.words(of: message) {
        if let found = text.range(of: words, range: place..<text.endIndex) {
          place = found.upperBound
        }
      }
      return text.utf8.distance(from: text.startIndex, to: place)
    }
  }

  /// The texts of a message that a template writes as they are.
  private static func words(of message: JSON) -> [String] {
    let content = message["content"]
    let parts = content?.string.map { [$0] } ?? content?.array?.compactMap { $0["text"]?.string }
    return (parts ?? [])
      .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
  }
}
