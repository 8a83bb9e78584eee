import JSON
import Runtime

/// The answers to one request, as their events come in.
struct Choices: Sendable {
  /// What an event of one choice means for the client.
  enum Event: Sendable {
    case progress(PromptProgress)
    case delta(AnswerDelta, choice: Int, usageSoFar: Usage)
    /// One choice is complete; `all` says what they took, when it was the last.
    case finished(choice: Int, AnswerSummary, all: AnswerSummary?)
    case failed(GenerationFailure)
  }

  let id: String
  let feed: AnswerFeed
  private(set) var answers: [Answer]
  /// Choices of one prompt stand together; its tokens count once.
  private let perPrompt: Int
  private var usages: [Usage]
  private var summaries: [AnswerSummary?]
  private var progress: [PromptProgress]
  private let start = ContinuousClock.now

  /// - Parameter feed: brings what the engine says of all of them.
  init(_ answers: [Answer], feed: AnswerFeed, id: String, perPrompt: Int) {
    self.id = id
    self.feed = feed
    self.answers = answers
    self.perPrompt = perPrompt
    usages = Array(repeating: Usage(), count: answers.count)
    summaries = Array(repeating: nil, count: answers.count)
    progress = Array(repeating: PromptProgress(), count: answers.count)
  }

  mutating func take(_ choice: Int, _ event: GenerationEvent) -> [Event] {
    answers[choice].take(event).compactMap { event in
      switch event {
      case .enough: return nil
      case .failed(let failure): return .failed(failure)
      case .progress(let done, let total):
        progress[choice] = PromptProgress(done: done, total: total)
        return .progress(promptProgress)
      case .delta(let delta, let usage):
        usages[choice] = usage
        return .delta(delta, choice: choice, usageSoFar: combined(usages))
      case .finished(let summary):
        usages[choice] = summary.usage
        summaries[choice] = summary
        return .finished(choice: choice, summary, all: whole?.all)
      }
    }
  }

  /// Those of the first prompt.
  var promptTokens: Int { answers.first?.promptTokens ?? 0 }

  /// Once all are complete: how each ended, and what they took.
  var whole: (each: [AnswerSummary], all: AnswerSummary)? {
    let each = summaries.compactMap(\.self)
    guard each.count == answers.count, var all = each.first else { return nil }
    all.usage = combined(each.map(\.usage))
    all.timings = combined(each.map(\.timings))
    all.wasCancelled = each.contains(where: \.wasCancelled)
    return (each, all)
  }

  private var promptProgress: PromptProgress {
    let time = seconds(from: start, to: .now)
    return progress.enumerated().filter { $0.offset % perPrompt == 0 }.map(\.element)
      .reduce(into: PromptProgress(seconds: time)) {
        $0.done += $1.done
        $0.total += $1.total
      }
  }

  private func combined(_ usages: [Usage]) -> Usage {
    usages.enumerated().reduce(into: Usage()) { sum, entry in
      if entry.offset % perPrompt == 0 {
        sum.promptTokens += entry.element.promptTokens
        sum.cachedTokens += entry.element.cachedTokens
      }
      sum.completionTokens += entry.element.completionTokens
      sum.reasoningTokens += entry.element.reasoningTokens
    }
  }

  /// They run side by side: counts add up, times don't. Of several prompts none is to blame for a
  /// miss.
  private func combined(_ timings: [Timings]) -> Timings {
    var start = Timings()
    if answers.count == perPrompt { start.cacheMiss = timings.first?.cacheMiss }
    return timings.reduce(into: start) { sum, each in
      sum.promptTokens += each.promptTokens
      sum.cachedTokens += each.cachedTokens
      sum.generatedTokens += each.generatedTokens
      sum.promptSeconds = max(sum.promptSeconds, each.promptSeconds)
      sum.generateSeconds = max(sum.generateSeconds, each.generateSeconds)
    }
  }
}

func seconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Double {
  (end - start) / .seconds(1)
}
