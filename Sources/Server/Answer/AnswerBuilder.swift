import Chat
import JSON
import Runtime

/// What a generation means for the client that waits for its answer.
enum AnswerEvent: Sendable {
  /// Prompt tokens done, and how many there are.
  case progress(done: Int, total: Int)
  case delta(AnswerDelta, Usage)
  /// The answer is complete though the engine could go on; it should be told to stop.
  case enough
  case finished(AnswerSummary)
  case failed(String)
}

/// Follows one generation: tokens go in, the pieces of an answer come out.
///
/// Streamed and unstreamed answers both come from here, so that they can't differ.
struct AnswerBuilder: Sendable {
  private var decoder: AnswerDecoder
  private var parser: OutputParser
  private let logprobs: LogprobWriter?
  private let parallelToolCalls: Bool

  private var usage = Usage()
  /// Tokens whose text the parser hasn't given out yet.
  private var pendingTokens = 0
  private var pendingLogprobs: [JSON] = []
  private var toolCalls = 0
  /// Calls whose end hasn't come.
  private var openCalls: Set<Int> = []
  /// Set once the answer is complete, before the engine has said that it ended.
  private var isEnough = false

  init(
    decoder: AnswerDecoder, parser: OutputParser, logprobs: LogprobWriter?,
    parallelToolCalls: Bool, promptTokens: Int
  ) {
    self.decoder = decoder
    self.parser = parser
    self.logprobs = logprobs
    self.parallelToolCalls = parallelToolCalls
    usage.promptTokens = promptTokens
  }

  mutating func take(_ event: GenerationEvent) -> [AnswerEvent] {
    switch event {
    case .prefill(let done, let total): [.progress(done: done, total: total)]
    case .token(let token): isEnough ? [] : take(token)
    case .finished(let result): finish(result)
    case .failed(let reason): [.failed(reason)]
    }
  }

  private mutating func take(_ token: GeneratedToken) -> [AnswerEvent] {
    usage.completionTokens += 1
    pendingTokens += 1
    if let logprobs { pendingLogprobs.append(logprobs.entry(token)) }
    let delta = delta(parser.append(decoder.append(token.id)))
    let isLastCall = toolCalls > 0 && !parallelToolCalls
    isEnough = parser.stopped || isLastCall
    return (delta.isEmpty ? [] : [.delta(delta, usage)]) + (isEnough ? [.enough] : [])
  }

  private mutating func finish(_ result: GenerationResult) -> [AnswerEvent] {
    let wasCut = !isEnough && result.reason == .length
    let wasCancelled = !isEnough && result.reason == .cancelled
    var events: [OutputEvent] = []
    if !isEnough { events += parser.append(decoder.finish()) }
    events += parser.finish(wasCut || wasCancelled ? .length : .stop)
    let last = delta(events, withRemainingLogprobs: true)
    if !isEnough { usage.completionTokens = result.generatedTokens }
    usage.cachedTokens = result.cachedTokens
    let summary = AnswerSummary(
      end: wasCut ? .length : toolCalls > 0 ? .toolCalls : .stop, usage: usage,
      timings: Timings(result, generatedTokens: usage.completionTokens),
      wasCancelled: wasCancelled)
    return (last.isEmpty ? [] : [.delta(last, usage)]) + [.finished(summary)]
  }
}

// MARK: - One delta per token

extension AnswerBuilder {
  /// Everything that one token brought to light, as one delta: clients count frames as tokens.
  private mutating func delta(
    _ events: [OutputEvent], withRemainingLogprobs isLast: Bool = false
  ) -> AnswerDelta {
    var delta = AnswerDelta()
    for event in events { add(event, to: &delta) }
    if !delta.isEmpty || isLast {
      (delta.logprobs, pendingLogprobs) = (pendingLogprobs, [])
      if delta.reasoning != nil { usage.reasoningTokens += pendingTokens }
      pendingTokens = 0
    }
    return delta
  }

  private mutating func add(_ event: OutputEvent, to delta: inout AnswerDelta) {
    switch event {
    case .content(let text): delta.append(content: text)
    case .reasoning(let text): delta.append(reasoning: text)
    case .toolCall(let index, let id, let name):
      guard parallelToolCalls || openCalls.count + toolCalls == 0 else { return }
      openCalls.insert(index)
      delta.append(call: ToolCallDelta(index: index, id: id, name: name))
    case .toolArguments(let index, let fragment):
      guard openCalls.contains(index) else { return }
      delta.append(call: ToolCallDelta(index: index, arguments: fragment))
    case .toolCallEnd(let index):
      if openCalls.remove(index) != nil { toolCalls += 1 }
    case .rejectedToolCall(let text, _):
      // What only looked like a call is shown, not swallowed.
      delta.append(content: text)
      delta.voidCalls += openCalls.sorted()
      openCalls = []
    }
  }
}

extension Timings {
  init(_ result: GenerationResult, generatedTokens: Int) {
    self.init(
      promptTokens: result.promptTokens - result.cachedTokens,
      promptSeconds: result.prefillSeconds, generatedTokens: generatedTokens,
      generateSeconds: result.generateSeconds, cachedTokens: result.cachedTokens)
  }
}
