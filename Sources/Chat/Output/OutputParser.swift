import JSON

/// Splits a model's output into answer, reasoning and tool calls while it is written.
///
/// Text goes in as it comes, in pieces of any size, and the same events come out (up to where a
/// run of text is divided) whatever the pieces were. Text that may be the beginning of a marker or
/// of a stop string is held back until that is known. Nothing is lost silently: a call that can't
/// be read comes out as `rejectedToolCall`.
public struct OutputParser: Sendable {
  private let format: (any ToolFormat)?
  private let tools: ToolSchemas
  private var matchers: [StateMatcher]
  /// Whether calls of tools that the request doesn't offer are let through.
  private let acceptsUndeclaredTools: Bool

  private var state: OutputGrammar.State
  /// Bytes since the last event: a possible beginning of a marker.
  private var pending: [UInt8] = []
  /// Whether reasoning or a call has come.
  private var hasParts = false
  /// The text of the header that is being read.
  private var header: [UInt8] = []
  /// Where a header that turns out to be text is text, and the marker before it.
  private var beforeHeader = (state: OutputGrammar.State.contentStart, marker: "")
  private var calls: CallTracker?
  private var nextCallIndex = 0
  private var ids: Set<String> = []
  private var mayBeUnmarkedCall: Bool
  private var events: [OutputEvent] = []
  /// Nil where white space stays as the model wrote it.
  private var spacing: PartSpacing?

  /// Whether a stop string was met: the answer is complete, and text behind it is ignored.
  public private(set) var stopped = false
  /// Stop strings that are text for now.
  public var ignoredStops: [String] = []
  /// The stop string that was met.
  public private(set) var stoppedBy: String?

  /// - Parameters:
  ///   - toolFormat: how the model writes calls; nil for no calls. They are looked for only where
  ///     the request offers tools.
  ///   - tools: the request's tools.
  ///   - prompt: the rendered prompt, which may end inside reasoning.
  ///   - stop: the request's stop strings; they apply to the answer, not to reasoning or calls.
  ///   - trimsParts: leaves out the white space that separates the parts (see `PartSpacing`).
  public init(
    toolFormat: (any ToolFormat)?, reasoning: ReasoningMarkers?, tools: [JSON]?,
    prompt: String = "", stop: [String] = [], acceptsUndeclaredTools: Bool = false,
    trimsParts: Bool = false
  ) {
    let isOpen = reasoning?.areOpen(atEndOf: prompt) ?? false
    let startsInHeader = toolFormat?.headerOpening.map(trimmed(prompt).hasSuffix) ?? false
    self.init(
      toolFormat: toolFormat, reasoning: reasoning, tools: tools,
      start: startsInHeader ? .header : isOpen ? .reasoning : .contentStart, stop: stop,
      acceptsUndeclaredTools: acceptsUndeclaredTools)
    spacing = trimsParts ? PartSpacing(callsMayFollow: format != nil) : nil
  }

  /// For a rendered prompt, of which only what the template wrote can leave reasoning open.
  public init(
    toolFormat: (any ToolFormat)?, reasoning: ReasoningMarkers?, tools: [JSON]?,
    prompt: PromptText, stop: [String] = [], trimsParts: Bool = false
  ) {
    self.init(
      toolFormat: toolFormat, reasoning: reasoning, tools: tools, prompt: String(prompt.answer),
      stop: stop, trimsParts: trimsParts)
  }

  init(
    toolFormat: (any ToolFormat)?, reasoning: ReasoningMarkers?, tools: [JSON]?,
    start: OutputGrammar.State, stop: [String], acceptsUndeclaredTools: Bool = false
  ) {
    let hasTools = !(tools ?? []).isEmpty
    // Headers are read with tools and without.
    let format = hasTools || toolFormat?.headerOpening != nil ? toolFormat : nil
    let grammar =
      format?.grammar(reasoning: reasoning)
      ?? OutputGrammar(calls: [], ignored: toolFormat?.ignoredMarkers ?? [], reasoning: reasoning)
    self.format = format
    hasParts = start == .reasoning
    self.tools = ToolSchemas(tools)
    self.acceptsUndeclaredTools = acceptsUndeclaredTools || !hasTools
    matchers = OutputGrammar.State.allCases.map { StateMatcher($0, grammar, stop: stop) }
    state = start
    mayBeUnmarkedCall = start == .contentStart && !(format?.unmarkedBeginnings.isEmpty ?? true)
  }

  /// Takes the next piece of text; what is known with it and wasn't before.
  public mutating func append(_ text: String) -> [OutputEvent] {
    for byte in text.utf8 where !stopped { take(byte) }
    if !stopped { release(pending.count - matchers[state.rawValue].heldBack) }
    return takeEvents()
  }

  /// The output has ended; what was still held back, and the calls it cut.
  ///
  /// After `stop` a held-back beginning of a marker is dropped, as mlx-lm does; the beginning of a
  /// stop string is text. After `length` all of it is text.
  public mutating func finish(_ reason: FinishReason) -> [OutputEvent] {
    if !stopped {
      releaseRest(reason)
      if state == .header {
        if headersAreNames {
          putHeaderBack()
        } else {
          state = .content
          emit(header)
        }
        releaseRest(reason)
      }
      if state == .call {
        endCalls(marker: "")
        // What turned out to be no call was put back.
        releaseRest(reason)
      }
    }
    if let rest = spacing?.finish(), !rest.isEmpty { give(content: rest) }
    (pending, stopped) = ([], true)
    spacing = nil
    return takeEvents()
  }

  private mutating func releaseRest(_ reason: FinishReason) {
    let dropped = reason == .stop ? matchers[state.rawValue].heldBackStructural : 0
    release(pending.count - dropped)
  }

  private mutating func takeEvents() -> [OutputEvent] {
    defer { events = [] }
    return events
  }
}

// MARK: - Markers

extension OutputParser {
  private mutating func take(_ byte: UInt8) {
    pending.append(byte)
    let marker = matchers[state.rawValue].advance(byte)
    if let marker, marker.target == nil, ignoredStops.contains(marker.text) {
      matchers[state.rawValue].reset()
      if state == .contentStart { leaveStartIfNeeded() }
    } else if let marker {
      release(pending.count - marker.length)
      pending = []
      matchers[state.rawValue].reset()
      follow(marker)
    } else if state == .contentStart {
      leaveStartIfNeeded()
    } else if state == .header, headersAreNames, !isInName(byte) {
      putHeaderBack()
    }
  }

  private var headersAreNames: Bool { format?.headersAreNames ?? false }

  /// Whether a header that is a name may go on with that byte.
  private func isInName(_ byte: UInt8) -> Bool {
    header.count + pending.count <= 64
      && (byte >= 0x80 || Character(Unicode.Scalar(byte)).isLetter
        || Character(Unicode.Scalar(byte)).isNumber || "_.-".utf8.contains(byte))
  }

  /// What was taken for a header is text.
  private mutating func putHeaderBack() {
    let text = header + pending
    (header, pending) = ([], [])
    matchers[state.rawValue].reset()
    state = beforeHeader.state
    emit(Array(beforeHeader.marker.utf8))
    for byte in text { take(byte) }
  }

  /// Once the answer has begun, a marker of reasoning is only text.
  private mutating func leaveStartIfNeeded() {
    let safe = pending.count - matchers[state.rawValue].heldBack
    // All before the last byte is white space, or the answer would have begun.
    guard safe > 0, safe < pending.count || !isSpace(pending[safe - 1]) else { return }
    let known = pending[..<safe]
    guard let first = known.first(where: { !isSpace($0) }) else { return }
    if mayBeUnmarkedCall, isUnmarkedBeginning(first) {
      release(known.firstIndex(of: first) ?? 0)
      beginUnmarkedCall()
    } else {
      mayBeUnmarkedCall = false
      restart(in: .content)
    }
  }

  /// Changes the state in the middle of text: what is held back is looked at again.
  private mutating func restart(in newState: OutputGrammar.State) {
    let held = pending
    matchers[state.rawValue].reset()
    state = newState
    pending = []
    for byte in held { take(byte) }
  }

  private func isUnmarkedBeginning(_ byte: UInt8) -> Bool {
    format?.unmarkedBeginnings.contains { $0.asciiValue == byte } ?? false
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private mutating func follow(_ transition: StateMatcher.Marker) {
    if case .header? = transition.target, headersAreNames {
      beforeHeader = (state, transition.text)
      state = .header
      return
    }
    if case .unopened? = transition.target, hasParts {
      state = .content
      return emit(Array(transition.text.utf8))
    }
    hasParts = true
    if state == .call {
      if case .same = transition.target { return }
      endCalls(marker: transition.text)
    }
    switch transition.target {
    case nil, .same?: break
    default: spacing?.crossEdge()
    }
    switch transition.target {
    case nil: (stopped, stoppedBy) = (true, transition.text)
    case .content?, .unopened?, .callEnd?: state = .contentStart
    case .reasoning?: state = .reasoning
    case .call(let index)?: beginCalls(marker: transition.text, reader: index)
    case .header?:
      header = []
      state = .header
    case .headerEnd?: endHeader()
    case .same?: break
    }
  }

  private mutating func endHeader() {
    let text = String(decoding: header, as: UTF8.self)
    if headersAreNames {
      guard !header.isEmpty else {
        pending = [UInt8(ascii: "\n")]
        return putHeaderBack()
      }
      if calls != nil { endCalls(marker: "") }
    }
    header = []
    switch format?.part(behind: text) ?? .content {
    case .reasoning: state = .reasoning
    case .content: state = .content
    case .call(let name):
      let marker = headersAreNames ? beforeHeader.marker + text + "\n" : text + "<|message|>"
      beginCalls(marker: marker, reader: 0)
      feedCalls(name, isText: false)
    }
  }
}

// MARK: - Text

extension OutputParser {
  /// Gives out the first bytes of what is pending.
  private mutating func release(_ count: Int) {
    guard count > 0 else { return }
    let bytes = Array(pending[..<count])
    pending.removeFirst(count)
    emit(bytes)
  }

  private mutating func emit(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    switch state {
    case .contentStart, .content: emit(content: String(decoding: bytes, as: UTF8.self))
    case .reasoning: emit(reasoning: String(decoding: bytes, as: UTF8.self))
    case .call: feedCalls(String(decoding: bytes, as: UTF8.self))
    case .header: header += bytes
    }
  }

  private mutating func emit(content text: String) {
    give(content: spacing?.content(text) ?? text)
  }

  private mutating func give(content text: String) {
    guard !text.isEmpty else { return }
    if case .content(let last)? = events.last {
      events[events.count - 1] = .content(last + text)
    } else {
      events.append(.content(text))
    }
  }

  private mutating func emit(reasoning text: String) {
    let text = spacing?.reasoning(text) ?? text
    guard !text.isEmpty else { return }
    if case .reasoning(let last)? = events.last {
      events[events.count - 1] = .reasoning(last + text)
    } else {
      events.append(.reasoning(text))
    }
  }
}

// MARK: - Calls

extension OutputParser {
  private mutating func beginCalls(marker: String, reader index: Int) {
    guard let format else { return }
    state = .call
    calls = CallTracker(reader: format.makeReader(index, tools), marker: marker)
  }

  /// Reads what is pending, and what follows, as a call that has no marker.
  private mutating func beginUnmarkedCall() {
    mayBeUnmarkedCall = false
    beginCalls(marker: "", reader: -1)
    restart(in: .call)
  }

  private mutating func feedCalls(_ text: String, isText: Bool = true) {
    if isText { calls?.text += text }
    if let steps = calls?.reader.append(text) { handle(steps) }
  }

  private mutating func endCalls(marker: String) {
    guard let steps = calls?.reader.finish() else { return }
    calls?.end = marker
    handle(steps)
    calls = nil
  }

  private mutating func handle(_ steps: [CallStep]) {
    for step in steps {
      guard var tracker = calls else { return }
      // What it holds isn't copied when it is the only one.
      calls = nil
      switch step {
      case .begin(let name, let id): begin(name, id, &tracker)
      case .arguments(let fragment): tracker.arguments(fragment, &events)
      case .commit:
        if tracker.holdsUndeclared { giveSpaceBeforeRejected() }
        tracker.commit(&events)
      case .reject(let text, let reason):
        giveSpaceBeforeRejected()
        tracker.reject(text, reason, &events)
      case .notACall:
        pending = Array(tracker.text.utf8) + pending
        restart(in: .content)
        return
      }
      calls = tracker
    }
  }

  /// The text of a call that is none will be shown.
  private mutating func giveSpaceBeforeRejected() {
    if let space = spacing?.beforeOtherContent() { give(content: space) }
  }

  private mutating func begin(_ name: String, _ id: String?, _ tracker: inout CallTracker) {
    guard acceptsUndeclaredTools || tools.contains(name) else {
      tracker.beginUndeclared(name)
      return
    }
    spacing?.crossEdge()
    var callID = id ?? makeID()
    while !ids.insert(callID).inserted { callID = makeID() }
    tracker.begin(nextCallIndex, callID, name, &events)
    nextCallIndex += 1
  }

  private func makeID() -> String { (format ?? HermesFormat()).makeCallID() }
}
