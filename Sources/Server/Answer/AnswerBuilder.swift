import Chat
import JSON
import Runtime

/// Follows one generation: tokens go in, the pieces of an answer come out.
///
/// Streamed and unstreamed answers both come from here, so that they can't differ.
struct AnswerBuilder: Sendable {
  private var decoder: AnswerDecoder
  private var parser: OutputParser
  private let logprobs: LogprobWriter?
  private let parallelToolCalls: Bool
  /// The request's stop strings; models may have more of their own.
  private let stops: [String]
  /// Tokens before which the request's stop strings end nothing.
  private let minimumTokens: Int
  /// Tells tokens of the prompt to messages.
  private let places: MessagePlaces?

  private(set) var usage = Usage()
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
    parallelToolCalls: Bool, stops: [String], minimumTokens: Int,
    places: MessagePlaces? = nil, promptTokens: Int
  ) {
    self.decoder = decoder
    self.parser = parser
    self.logprobs = logprobs
    self.parallelToolCalls = parallelToolCalls
    self.stops = stops
    self.minimumTokens = minimumTokens
    self.places = places
    usage.promptTokens = promptTokens
  }

  mutating func take(_ event: GenerationEvent) -> [AnswerEvent] {
    switch event {
    case .prefill(let done, let total): [.progress(done: done, total: total)]
    case .promptTokens(let tokens): take(prompt: tokens)
    case .token(let token): isEnough ? [] : take(token)
    case .finished(let result): finish(result)
    case .failed(let failure): [.failed(failure)]
    }
  }

  /// Log-probabilities of the prompt, which has no text here.
  private func take(prompt tokens: [GeneratedToken]) -> [AnswerEvent] {
    guard let logprobs else { return [] }
    return [.delta(AnswerDelta(logprobs: tokens.map(logprobs.entry)), usage)]
  }

  private mutating func take(_ token: GeneratedToken) -> [AnswerEvent] {
    usage.completionTokens += 1
    pendingTokens += 1
    if let logprobs { pendingLogprobs.append(logprobs.entry(token)) }
    parser.ignoredStops = usage.completionTokens <= minimumTokens ? stops : []
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
    var timings = Timings(result, generatedTokens: usage.completionTokens)
    timings.cacheMiss = result.divergence.map {
      CacheMiss(token: $0, place: places?.place(ofToken: $0))
    }
    let summary = AnswerSummary(
      end: wasCut ? .length : toolCalls > 0 ? .toolCalls : ownEnd, usage: usage,
      timings: timings,
      wasCancelled: wasCancelled)
    return (last.isEmpty ? [] : [.delta(last, usage)]) + [.finished(summary)]
  }
}

// MARK: - The end

extension AnswerBuilder {
  /// The model's own end, or the stop string of the request that came before it.
  private var ownEnd: AnswerEnd {
    guard let text = parser.stoppedBy, stops.contains(text) else { return .stop }
    return .stopString(text)
  }
}

// MARK: - One delta per token

extension AnswerBuilder {
  /// What these events add to the answer, as one delta.
  private mutating func delta(
    _ events: [OutputEvent], withRemainingLogprobs isLast: Bool = false
  ) -> AnswerDelta {
    var delta = AnswerDelta()
    for event in events { delta.pieces += pieces(event) }
    if !delta.isEmpty || isLast {
      (delta.logprobs, pendingLogprobs) = (pendingLogprobs, [])
      let isReasoning = delta.pieces.contains { if case .reasoning = $0 { true } else { false } }
      if isReasoning { usage.reasoningTokens += pendingTokens }
      pendingTokens = 0
    }
    return delta
  }

  private mutating func pieces(_ event: OutputEvent) -> [AnswerPiece] {
    switch event {
    case .content(let text): return [.content(text)]
    case .reasoning(let text): return [.reasoning(text)]
    case .toolCall(let index, let id, let name):
      guard parallelToolCalls || openCalls.count + toolCalls == 0 else { return [] }
      openCalls.insert(index)
      return [.call(index: index, id: id, name: name)]
    case .toolArguments(let index, let fragment):
      return openCalls.contains(index) ? [.arguments(index: index, fragment)] : []
    case .toolCallEnd(let index):
      guard openCalls.remove(index) != nil else { return [] }
      toolCalls += 1
      return [.endOfCall(index: index)]
    case .rejectedToolCall(let text, _):
      // What only looked like a call is shown, not swallowed.
      defer { openCalls = [] }
      return openCalls.sorted().map { .voidCall(index: $0) } + [.content(text)]
    }
  }
}
