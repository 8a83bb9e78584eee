/// Finds what ends or changes the text of one state.
struct StateMatcher: Sendable {
  struct Marker: Sendable {
    let text: String
    let length: Int
    /// Where the marker leads; nil for a stop string.
    let target: OutputGrammar.Target?
  }

  let markers: [Marker]
  private var matcher: MarkerMatcher

  init(_ state: OutputGrammar.State, _ grammar: OutputGrammar, stop: [String]) {
    let structural = grammar.transitions(from: state).map {
      Marker(text: $0.marker, length: $0.marker.utf8.count, target: $0.target)
    }
    let isContent = state == .content || state == .contentStart
    let stops = (isContent ? stop : []).filter { !$0.isEmpty }.map {
      Marker(text: $0, length: $0.utf8.count, target: nil)
    }
    markers = structural + stops
    matcher = MarkerMatcher(markers.map { Array($0.text.utf8) }, structural: structural.count)
  }

  /// Takes a byte; the marker that it completes.
  mutating func advance(_ byte: UInt8) -> Marker? { matcher.advance(byte).map { markers[$0] } }

  mutating func reset() { matcher.reset() }
  var heldBack: Int { matcher.heldBack }
  var heldBackStructural: Int { matcher.heldBackStructural }
}
