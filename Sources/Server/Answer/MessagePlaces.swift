import Chat
import Foundation
import JSON
import Tokenizers

/// Says in which message a token of a prompt stands, as near as the rendered text tells: a message
/// reaches from behind the end of the one before it to the end of its own words, and whatever closes
/// them. What stands between two messages' words and names a tool is the tools'.
struct MessagePlaces: Sendable {
  enum Place: Sendable, Equatable {
    /// Counted from 0.
    case message(Int)
    case tools
  }

  let messages: [JSON]
  /// As requests define them.
  let tools: [JSON]
  let prompt: ChatPrompt
  let tokenizer: Tokenizer

  /// What token `index` belongs to; nil where there are no messages.
  func place(ofToken index: Int) -> Place? {
    guard !messages.isEmpty else { return nil }
    let before = tokenizer.decode(Array(prompt.ids.prefix(index)), skipSpecialTokens: false)
    let length = before.utf8.count
    let spans = spans
    let ends = [prompt.text.startIndex] + spans.map(\.upperBound)
    for (number, span) in spans.enumerated() {
      if length < offset(span.lowerBound), namesTool(ends[number]..<span.lowerBound) {
        return .tools
      }
      if length < offset(span.upperBound) { return .message(number) }
      // Other words went on where these end, unless it is tools that do.
      let next = number + 1 < spans.count ? spans[number + 1].lowerBound : prompt.text.endIndex
      if length == offset(span.upperBound), !namesTool(span.upperBound..<next) {
        return .message(number)
      }
    }
    return .message(messages.count - 1)
  }

  private func offset(_ place: String.Index) -> Int {
    prompt.text.utf8.distance(from: prompt.text.startIndex, to: place)
  }

  private func namesTool(_ range: Range<String.Index>) -> Bool {
    tools.contains { tool in
      guard let name = tool["function"]?["name"]?.string, !name.isEmpty else { return false }
      return prompt.text.range(of: name, range: range) != nil
    }
  }

  /// Where each message's words stand in the text; at the end of those before where they aren't
  /// found.
  private var spans: [Range<String.Index>] {
    let text = prompt.text
    var place = text.startIndex
    return messages.map { message in
      var start: String.Index?
      for words in Self.words(of: message) {
        guard let found = text.range(of: words, range: place..<text.endIndex) else { continue }
        start = start ?? found.lowerBound
        place = found.upperBound
      }
      return (start ?? place)..<place
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
