import Hummingbird
import JSON

/// Text completions: each choice is the continuation of a prompt, after the prompt where it was asked
/// for.
struct CompletionWire: ChoicesWire {
  /// The fields that all chunks of an answer share.
  struct Head: Sendable {
    var id: String
    /// Seconds since 1970.
    var created: Int
    var model: String
    var fingerprint: String
    var usage: Delivery.Usage
    var wantsLogprobs: Bool
  }

  /// What a choice begins with.
  struct Echo: Sendable {
    var text: String
    /// Of the prompt's first token, which has no log-probability.
    var firstToken: CompletionLogprobs.Token
  }

  /// One choice so far; `text` and `logprobs` are what wasn't sent yet.
  private struct Choice: Sendable {
    var text: String
    var logprobs = CompletionLogprobs()
  }

  private let head: Head
  private var choices: [Choice]

  /// - Parameter echoes: one for each choice; nil where its prompt isn't wanted.
  init(_ head: Head, echoes: [Echo?]) {
    self.head = head
    choices = echoes.map { echo in
      var choice = Choice(text: echo?.text ?? "")
      if let echo, head.wantsLogprobs { choice.logprobs.append(prompt: echo.firstToken) }
      return choice
    }
  }

  mutating func frames(_ delta: AnswerDelta, of choice: Int, usageSoFar: Usage) -> [ByteBuffer] {
    fold(delta, of: choice)
    if delta.pieces.isEmpty { return [] }
    return [EventStream.frame(.object(takeChunk(choice, usage: usageSoFar)))]
  }

  mutating func end(of choice: Int, _ summary: AnswerSummary, all: AnswerSummary?) -> [ByteBuffer] {
    var last = takeChunk(choice, end: summary.end, usage: all?.usage ?? summary.usage)
    guard let all else { return [EventStream.frame(.object(last))] }
    if head.usage == .onLastChunk { last["usage"] = all.usage.json }
    last["timings"] = all.timings.json
    if all.wasCancelled { last["cancelled"] = true }
    var frames = [EventStream.frame(.object(last))]
    if head.usage == .inOwnChunk || head.usage == .continuous {
      var own = chunk([])
      own["usage"] = all.usage.json
      own["timings"] = all.timings.json
      frames.append(EventStream.frame(.object(own)))
    }
    return frames + [EventStream.end]
  }

  func failure(_ error: APIError) -> [ByteBuffer] {
    [EventStream.frame(error.json), EventStream.end]
  }

  mutating func fold(_ delta: AnswerDelta, of choice: Int) {
    for case .content(let text) in delta.pieces { choices[choice].text += text }
    for entry in delta.logprobs { choices[choice].logprobs.append(entry) }
  }

  mutating func whole(_ summaries: [AnswerSummary], all: AnswerSummary) -> JSON {
    let written = summaries.enumerated().map { index, summary in
      json(index, end: summary.end)
    }
    var whole = chunk(written)
    whole["usage"] = all.usage.json
    whole["timings"] = all.timings.json
    if all.wasCancelled { whole["cancelled"] = true }
    return .object(whole)
  }
}

// MARK: - Chunks

extension CompletionWire {
  private func chunk(_ choices: [JSON]) -> JSONObject {
    JSONObject([
      (key: "id", value: .string(head.id)), (key: "object", value: "text_completion"),
      (key: "created", value: .integer(head.created)), (key: "model", value: .string(head.model)),
      (key: "system_fingerprint", value: .string(head.fingerprint)),
      (key: "choices", value: .array(choices)),
    ])
  }

  private func json(_ index: Int, end: AnswerEnd?) -> JSON {
    [
      "text": .string(choices[index].text), "index": .integer(index),
      "logprobs": head.wantsLogprobs ? choices[index].logprobs.json : .null,
      "finish_reason": end.map { .string($0.finishReason) } ?? .null,
    ]
  }

  /// What of a choice wasn't sent yet.
  private mutating func takeChunk(_ index: Int, end: AnswerEnd? = nil, usage: Usage)
    -> JSONObject
  {
    var chunk = chunk([json(index, end: end)])
    choices[index].text = ""
    choices[index].logprobs.clear()
    switch head.usage {
    case .inOwnChunk: chunk["usage"] = .null
    case .continuous: chunk["usage"] = usage.json
    case .onLastChunk, .none: break
    }
    return chunk
  }
}
