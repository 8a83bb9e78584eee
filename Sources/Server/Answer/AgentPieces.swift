import JSON

/// What an API for agents is given of an answer: calls once they are complete, and no text that is
/// white space alone.
///
/// These APIs send an answer as a list of items that can't be taken back. So text that only looks
/// like a call until its end is known mustn't begin one, and the line feeds that models write
/// between calls mustn't become items.
struct AgentPieces: Sendable {
  /// Pieces of calls whose end hasn't come, by their index.
  private var calls: [Int: [AnswerPiece]] = [:]
  private var isInText = false
  private var space = ""
  private var spaceLogprobs: [JSON] = []

  mutating func take(_ delta: AnswerDelta) -> AnswerDelta {
    var result = AnswerDelta()
    for piece in delta.pieces { result.pieces += take(piece) }
    if result.pieces.contains(where: \.isContent) {
      result.logprobs = spaceLogprobs + delta.logprobs
      spaceLogprobs = []
    } else if !space.isEmpty {
      spaceLogprobs += delta.logprobs
    }
    return result
  }

  private mutating func take(_ piece: AnswerPiece) -> [AnswerPiece] {
    if case .content(let text) = piece { return take(text) }
    (isInText, space, spaceLogprobs) = (false, "", [])
    switch piece {
    case .content, .reasoning: return [piece]
    case .call(let index, _, _), .arguments(let index, _):
      calls[index, default: []].append(piece)
      return []
    case .endOfCall(let index): return (calls.removeValue(forKey: index) ?? []) + [piece]
    case .voidCall(let index):
      calls[index] = nil
      return []
    }
  }

  private mutating func take(_ text: String) -> [AnswerPiece] {
    if !isInText, text.allSatisfy(\.isWhitespace) {
      space += text
      return []
    }
    defer { (isInText, space) = (true, "") }
    return [.content(space + text)]
  }
}

extension AnswerPiece {
  fileprivate var isContent: Bool { if case .content = self { true } else { false } }
}
