/// What the markers in a model's output mean: states, and the markers that lead from one to
/// another.
public struct OutputGrammar: Sendable {
  /// What text of the current stretch is.
  enum State: Int, Sendable, CaseIterable {
    /// An answer of which only white space has come so far: reasoning may still begin.
    case contentStart
    case content
    case reasoning
    /// Inside a tool call.
    case call
    /// A message header (Harmony): says what the text behind it is.
    case header
  }

  /// Where a marker leads.
  enum Target: Sendable {
    case content
    case reasoning
    /// The end of reasoning that wasn't begun: dropped before anything else has come.
    case unopened
    /// A tool call, read by the format's reader of that number.
    case call(Int)
    /// The end of a tool call.
    case callEnd
    case header
    /// The end of a header: its text decides.
    case headerEnd
    /// The marker is dropped, nothing else changes.
    case same
  }

  struct Transition: Sendable {
    let marker: String
    let target: Target
  }

  private(set) var transitions: [[Transition]] = Array(repeating: [], count: State.allCases.count)

  mutating func add(_ marker: String, from states: [State], to target: Target) {
    for state in states where !marker.isEmpty {
      transitions[state.rawValue].append(Transition(marker: marker, target: target))
    }
  }

  func transitions(from state: State) -> [Transition] { transitions[state.rawValue] }

  /// Every marker, for knowing which special tokens must be decoded.
  var markers: [String] { transitions.joined().map(\.marker) }
}

extension OutputGrammar {
  /// The grammar of a format whose calls stand between markers, with reasoning between others.
  init(calls: [CallMarkers], ignored: [String] = [], reasoning: ReasoningMarkers?) {
    self.init()
    if let reasoning {
      for opening in reasoning.openings { add(opening, from: [.contentStart], to: .reasoning) }
      add(reasoning.closing, from: [.reasoning], to: .content)
      // Some models close reasoning that they never opened when they don't reason.
      add(reasoning.closing, from: [.contentStart], to: .unopened)
    }
    for (index, markers) in calls.enumerated() {
      add(markers.begin, from: [.contentStart, .content, .reasoning], to: .call(index))
      if let end = markers.end { add(end, from: [.call], to: .callEnd) }
    }
    for marker in ignored { add(marker, from: [.contentStart, .content], to: .same) }
  }
}

/// The markers around tool calls.
public struct CallMarkers: Sendable {
  public let begin: String
  /// Nil where calls go on to the end of the output.
  public let end: String?

  public init(_ begin: String, _ end: String?) {
    self.begin = begin
    self.end = end
  }
}
