/// The calls between one pair of markers: what was begun, and whether it holds.
struct CallTracker: Sendable {
  var reader: any CallReader
  private let marker: String
  /// The text behind the marker.
  var text = ""
  /// The marker that ended it.
  var end = ""

  /// Calls begun and not yet known to be right.
  private var open: [Int] = []
  private var current: Int?
  /// A call of a tool that isn't offered: its name and arguments so far.
  private var undeclared: [(name: String, arguments: String)] = []
  private var isUndeclared = false
  var holdsUndeclared: Bool { !undeclared.isEmpty }

  init(reader: any CallReader, marker: String) {
    self.reader = reader
    self.marker = marker
  }

  mutating func begin(
    _ index: Int, _ id: String, _ name: String, _ events: inout [OutputEvent]
  ) {
    isUndeclared = false
    current = index
    open.append(index)
    events.append(.toolCall(index: index, id: id, name: name))
  }

  mutating func beginUndeclared(_ name: String) {
    isUndeclared = true
    undeclared.append((name, ""))
  }

  mutating func arguments(_ fragment: String, _ events: inout [OutputEvent]) {
    if isUndeclared {
      undeclared[undeclared.count - 1].arguments += fragment
    } else if let current {
      events.append(.toolArguments(index: current, fragment: fragment))
    }
  }

  mutating func commit(_ events: inout [OutputEvent]) {
    for index in open { events.append(.toolCallEnd(index: index)) }
    for call in undeclared {
      events.append(
        .rejectedToolCall(
          text: "\(call.name)(\(call.arguments))",
          reason: "the tool call names \(call.name), which the request doesn't offer"))
    }
    (open, undeclared, current) = ([], [], nil)
  }

  mutating func reject(_ text: String?, _ reason: String, _ events: inout [OutputEvent]) {
    events.append(
      .rejectedToolCall(
        text: text ?? marker + self.text + end, reason: "the tool call " + reason))
    (open, undeclared, current) = ([], [], nil)
  }
}
