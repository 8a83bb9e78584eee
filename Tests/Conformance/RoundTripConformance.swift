import Foundation
import JSON
import Testing

@testable import Chat

/// What each template among the fixtures writes for an earlier tool call is read back as that
/// call: whole, character by character, and cut in two.
@Suite struct RoundTripConformance {
  @Test(arguments: TemplateFixture.all)
  func `a call that a template writes is read back`(_ fixture: TemplateFixture) throws {
    guard let trip = try RoundTrip(fixture) else { return }
    for (number, turn) in RoundTrip.Turn.all.enumerated() {
      guard let (prompt, answer) = trip.texts(turn) else { continue }
      let fresh = trip.parser(prompt)
      // Long ones are cut at every fifth place.
      let places = Array(answer.indices.dropFirst()).enumerated().filter {
        number == 0 || $0.offset % 5 == 0
      }
      let halves = places.map { [String(answer[..<$0.element]), String(answer[$0.element...])] }
      for pieces in [[answer], answer.map(String.init)] + halves {
        guard let difference = trip.difference(turn, pieces, prompt, fresh) else { continue }
        Issue.record("\(difference), from \(pieces)")
        break
      }
    }
  }
}

/// A template with the format and reasoning that are found in its text.
struct RoundTrip {
  let template: ChatTemplate
  let format: any ToolFormat
  let reasoning: ReasoningMarkers?

  /// An earlier answer.
  struct Turn {
    var reasoning: String?
    var calls: [JSON]

    static let first: JSON = [
      "city": "Zürich \"x\" <b> {1}", "days": 3, "exact": true,
      "where": ["lat": 1.5, "tags": ["a", "it's"]],
    ]
    static let all = [
      Turn(calls: [["city": "Oslo", "days": -2]]), Turn(calls: [first]),
      Turn(
        reasoning: "probe thought", calls: [first, ["city": "line 1\n  line 2", "days": 0]]),
    ]
  }

  static let tools: [JSON] = [
    [
      "type": "function",
      "function": [
        "name": "get_weather", "description": "The weather in a city.",
        "parameters": [
          "type": "object",
          "properties": [
            "city": ["type": "string"], "days": ["type": "integer"], "exact": ["type": "boolean"],
            "where": [
              "type": "object",
              "properties": [
                "lat": ["type": "number"],
                "tags": ["type": "array", "items": ["type": "string"]],
              ],
            ],
          ],
          "required": ["city"],
        ],
      ],
    ]
  ]

  /// Nil where the template shows no tools in a known format.
  init?(_ fixture: TemplateFixture) throws {
    let source = try fixture.source()
    // What looks like a control token is one.
    let clues = FormatClues(template: source) { token in
      (token.hasPrefix("<|") || token.hasSuffix("|>")) && source.contains(token)
    }
    guard let format = toolFormat(named: nil, for: clues) else { return nil }
    self.format = format
    let special = try fixture.specialTokens()
    func template(_ reasoning: ReasoningMarkers?) throws -> ChatTemplate {
      try ChatTemplate(
        sources: TemplateSources(
          directory: "/nowhere",
          configuration: JSONObject([(key: "chat_template", value: .string(source))])),
        specialTokens: special, tokens: [], reasoning: reasoning, fallback: .plain,
        directory: "/nowhere")
    }
    reasoning = try ReasoningMarkers.detect(clues) { try template($0) }
    self.template = try template(reasoning)
  }

  private static let question: JSON = ["role": "user", "content": "What now?"]

  private func text(_ messages: [JSON], addsPrompt: Bool = false) -> String? {
    try? template.prompt(
      messages: messages, tools: Self.tools, addGenerationPrompt: addsPrompt
    ).text
  }

  /// A prompt, and how the template goes on where the answer is a turn of calls; nil where it
  /// can't write one.
  func texts(_ turn: Turn) -> (prompt: String, answer: String)? {
    var message = JSONObject([
      (key: "role", value: "assistant"), (key: "content", value: ""),
      (key: "tool_calls", value: .array(turn.calls.enumerated().map(call))),
    ])
    if let reasoning = turn.reasoning { message["reasoning_content"] = .string(reasoning) }
    let plain: JSON = ["role": "assistant", "content": "probe answer"]
    guard let prompt = text([Self.question], addsPrompt: true),
      var whole = text([Self.question, .object(message)]), whole.contains("get_weather"),
      let ended = text([Self.question, plain]), let end = ended.lastRange(of: "probe answer")
    else { return nil }
    let tail = String(ended[end.upperBound...])
    if !tail.isEmpty, whole.hasSuffix(tail) { whole.removeLast(tail.count) }
    var shared = zip(prompt.unicodeScalars, whole.unicodeScalars).prefix { $0 == $1 }.count
    let head = Array(prompt.unicodeScalars.prefix(shared))
    // The two texts may part in the middle of a marker.
    if let open = head.lastIndex(of: "<"), !head[open...].contains(">") { shared = open }
    let answer = String(String.UnicodeScalarView(whole.unicodeScalars.dropFirst(shared)))
    guard answer.contains("get_weather") else { return nil }
    return (String(String.UnicodeScalarView(whole.unicodeScalars.prefix(shared))), answer)
  }

  private func call(_ index: Int, _ arguments: JSON) -> JSON {
    [
      "id": .string("functions.get_weather:\(index)"), "type": "function",
      "function": ["name": "get_weather", "arguments": arguments],
    ]
  }

  /// A parser for the answer to a prompt.
  func parser(_ prompt: String) -> OutputParser {
    OutputParser(toolFormat: format, reasoning: reasoning, tools: Self.tools, prompt: prompt)
  }

  /// What is wrong with the calls found in the pieces; nil where they are the turn's.
  func difference(_ turn: Turn, _ pieces: [String], _ prompt: String, _ fresh: OutputParser)
    -> String?
  {
    var parser = fresh
    var found = Answer()
    for piece in pieces { found.add(parser.append(piece)) }
    found.add(parser.finish(.stop))
    if !found.rejected.isEmpty { return "rejected \(found.rejected)" }
    let answer = pieces.joined()
    // Some templates write only the first call.
    let wanted = answer.contains("line 1") ? turn.calls : Array(turn.calls.prefix(1))
    let arguments = found.calls.map { try? JSON(parsing: $0.arguments) }
    guard found.calls.allSatisfy({ $0.name == "get_weather" }), arguments == wanted else {
      return "calls \(found.calls.map { "\($0.name) \($0.arguments)" }); content \(found.content)"
    }
    // Some templates leave out the marker of reasoning in history.
    if let thought = turn.reasoning, let place = answer.range(of: thought),
      let reasoning, reasoning.areOpen(atEndOf: prompt + answer[..<place.lowerBound]),
      !found.reasoning.contains(thought)
    {
      return "reasoning \(found.reasoning.debugDescription), content \(found.content)"
    }
    return nil
  }
}
