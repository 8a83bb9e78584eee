import Chat
import Runtime
import Tokenizers

/// Ends the model's thinking when it has taken as many tokens as it may, and leaves everything else
/// to the constraint that the answer has besides.
///
/// Used by one generation, on the engine's thread.
final class ThinkingBudget: TokenConstraint, @unchecked Sendable {
  private enum Phase {
    /// Thinking may begin; what was said so far, as far as it can belong to an opening.
    case before([UInt8])
    /// The last bytes, as far as they can belong to the closing.
    case thinking([UInt8])
    /// Thinking is being ended; tokens of the ending that were taken.
    case ending(Int)
    case over
  }

  private struct State {
    var phase: Phase
    var thought = 0
  }

  private let budget: Int
  private let frame: ThinkingFrame
  private let openings: [[UInt8]]
  private let closing: [UInt8]
  private let ending: [Int32]
  private let tokenizer: Tokenizer
  private let answer: (any TokenConstraint)?
  /// After each token that was accepted, and before the first.
  private var states: [State]

  init(
    _ budget: Int, frame: ThinkingFrame, isThinking: Bool, tokenizer: Tokenizer,
    answer: (any TokenConstraint)?
  ) {
    self.budget = budget
    self.frame = frame
    self.tokenizer = tokenizer
    self.answer = answer
    openings = frame.openings.map { Array($0.utf8) }
    closing = Array(frame.closing.utf8)
    ending = tokenizer.encode(frame.ending, addSpecialTokens: false)
    states = [State(phase: isThinking ? .thinking([]) : .before([]))]
    endIfDue()
  }

  private var state: State { states[states.count - 1] }

  /// The tokens of the ending that are still to come.
  private var dueTokens: ArraySlice<Int32> {
    if case .ending(let taken) = state.phase { ending[taken...] } else { [] }
  }

  // MARK: TokenConstraint

  func fillMask(_ words: UnsafeMutableBufferPointer<UInt64>) -> Bool {
    guard let next = dueTokens.first else { return answer?.fillMask(words) ?? false }
    words[Int(next) / 64] |= 1 << UInt64(next % 64)
    return true
  }

  func forcedTokens() -> [Int32] {
    let due = dueTokens
    return due.isEmpty ? answer?.forcedTokens() ?? [] : Array(due)
  }

  func accept(_ token: Int32) -> Bool {
    if let next = dueTokens.first, next != token { return false }
    guard answer?.accept(token) ?? true else { return false }
    states.append(next(token))
    endIfDue()
    return true
  }

  var failure: String? { answer?.failure }

  func rollback(_ count: Int) {
    states.removeLast(count)
    answer?.rollback(count)
  }

  // MARK: Following the output

  private func next(_ token: Int32) -> State {
    var state = state
    switch state.phase {
    case .over: break
    case .ending(let taken):
      state.phase = taken + 1 < ending.count ? .ending(taken + 1) : .over
    case .before(let said):
      state.phase = look(forOpening: said + (tokenizer.bytes(of: token) ?? []))
    case .thinking(let tail):
      state.thought += 1
      state.phase = look(forClosing: tail + (tokenizer.bytes(of: token) ?? []))
    }
    return state
  }

  private func look(forOpening said: [UInt8]) -> Phase {
    let text = frame.beginsAnywhere ? said[...] : said.drop { $0 <= UInt8(ascii: " ") }
    for opening in openings {
      if let end = frame.beginsAnywhere ? text.end(of: opening) : text.end(ofFirst: opening) {
        return look(forClosing: Array(text[end...]))
      }
    }
    if frame.beginsAnywhere { return .before(said.suffix((openings.map(\.count).max() ?? 1) - 1)) }
    return openings.contains { $0.starts(with: text) } ? .before(Array(text)) : .over
  }

  private func look(forClosing tail: [UInt8]) -> Phase {
    guard tail[...].end(of: closing) == nil else {
      return frame.beginsAnywhere ? .before([]) : .over
    }
    // Three bytes at least, to see whether a character is complete.
    return .thinking(tail.suffix(max(closing.count - 1, 3)))
  }

  /// Begins the ending when the budget is used up, between two characters.
  private func endIfDue() {
    guard case .thinking(let tail) = state.phase, state.thought >= budget, !ending.isEmpty,
      tail.endsWithWholeCharacter,
      answer?.allowedPrefix(ending).count ?? ending.count == ending.count
    else { return }
    states[states.count - 1].phase = .ending(0)
  }
}

extension ArraySlice<UInt8> {
  /// Where the first occurrence of a text ends.
  fileprivate func end(of text: [UInt8]) -> Int? {
    indices.lazy.compactMap { self[$0...].end(ofFirst: text) }.first
  }

  /// Where a text ends that stands at the beginning.
  fileprivate func end(ofFirst text: [UInt8]) -> Int? {
    starts(with: text) ? startIndex + text.count : nil
  }
}

extension [UInt8] {
  fileprivate var endsWithWholeCharacter: Bool {
    guard let lead = lastIndex(where: { $0 & 0xC0 != 0x80 }) else { return isEmpty }
    let length = self[lead] < 0xC0 ? 1 : self[lead] < 0xE0 ? 2 : self[lead] < 0xF0 ? 3 : 4
    return count - lead >= length
  }
}
