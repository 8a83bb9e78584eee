import Chat
import Foundation
import JSON
import TestSupport
import Testing

/// Model outputs of each tool-call family, compared with what mlx-lm's parsers find in them, in
/// pieces of several sizes and cut in two at every place.
@Suite struct ToolCallConformance {
  @Test(arguments: ToolCallFixture.all)
  func `outputs are split as mlx-lm splits them`(_ fixture: ToolCallFixture) throws {
    let family = try fixture.family()
    for golden in family.cases {
      let fresh = family.parser(isInReasoning: golden.isInReasoning)
      for size in [1, 3, 17, 1 << 20] {
        check(
          golden, family.parse(golden, pieces: golden.pieces(of: size), fresh), "pieces of \(size)")
      }
      let characters = Array(golden.output)
      for place in characters.indices {
        let pieces = [String(characters[..<place]), String(characters[place...])]
        check(golden, family.parse(golden, pieces: pieces, fresh), "split at \(place)")
      }
    }
  }

  private func check(_ golden: ToolCallFixture.Golden, _ answer: Answer, _ pieces: String) {
    guard let difference = golden.difference(from: answer) else { return }
    Issue.record(
      "\(golden.id), \(pieces): \(difference); the output is \(golden.output.debugDescription)")
  }
}

/// The events of an output, folded: what an answer that isn't streamed holds.
struct Answer {
  var content = ""
  var reasoning = ""
  var calls: [(name: String, id: String, arguments: String)] = []
  var rejected: [String] = []
  private var open: [Int: (name: String, id: String, arguments: String)] = [:]

  mutating func add(_ events: [OutputEvent]) {
    for event in events {
      switch event {
      case .content(let text): content += text
      case .reasoning(let text): reasoning += text
      case .toolCall(let index, let id, let name): open[index] = (name, id, "")
      case .toolArguments(let index, let fragment): open[index]?.arguments += fragment
      case .toolCallEnd(let index): if let call = open[index] { calls.append(call) }
      case .rejectedToolCall(let text, _): rejected.append(text)
      }
    }
  }
}

/// The golden cases of one family.
struct ToolCallFixture: CustomTestStringConvertible {
  let name: String
  let path: String

  var testDescription: String { name }

  static let all: [ToolCallFixture] = {
    guard let folder = Fixtures.folder("tool-calls") else { return [] }
    return Fixtures.names(in: "tool-calls").filter { $0.hasSuffix(".json") }.map {
      ToolCallFixture(name: String($0.dropLast(".json".count)), path: folder + "/" + $0)
    }
  }()

  /// One output, and what is in it.
  struct Golden {
    let id: String
    let tools: [JSON]
    let output: String
    let finish: FinishReason
    let isInReasoning: Bool
    let expected: JSON

    /// The calls that Gemma's markers announce.
    var marked: Int {
      ["<end_function_call>", "<tool_call|>"].reduce(0) {
        $0 + output.components(separatedBy: $1).count - 1
      }
    }

    /// mlx-lm's parsers of Gemma's formats know fewer names than tools may have. FunctionGemma's
    /// also ends a call at the first closing brace, within a string or a nested value, too, and
    /// then drops or garbles the call. We must read all of them.
    var isBeyondReference: Bool {
      if marked > 0, expected["errors"]?.array?.isEmpty == false, finish == .stop,
        output.range(of: "call:[a-z]+[.-]", options: .regularExpression) != nil
      {
        return true
      }
      guard output.contains("<start_function_call>"), marked > 0 else { return false }
      return output.components(separatedBy: "<end_function_call>").dropLast()
        .contains { $0.components(separatedBy: "}").count > 2 }
    }

    /// What is wrong with an answer; nil where nothing is.
    func difference(from answer: Answer) -> String? {
      if isBeyondReference {
        let isRead = answer.calls.count == marked && answer.rejected.isEmpty
        return isRead ? nil : "\(answer.calls.count) calls, \(answer.rejected.count) rejected"
      }
      if answer.content != expected["content"]?.string { return "content \(answer.content)" }
      if answer.reasoning != expected["reasoning"]?.string {
        return "reasoning \(answer.reasoning)"
      }
      let all = expected["tool_calls"]?.array ?? []
      // Arguments that aren't an object are no call, though mlx-lm passes them on.
      let calls = all.filter { $0["arguments"]?.object != nil }
      guard answer.calls.map(\.name) == calls.compactMap({ $0["name"]?.string }) else {
        return "calls \(answer.calls)"
      }
      for (call, wanted) in zip(answer.calls, calls) {
        guard let arguments = try? JSON(parsing: call.arguments),
          agree(arguments, wanted["arguments"], call.name),
          wanted["id"]?.string.map({ $0 == call.id }) ?? true
        else { return "call \(call)" }
      }
      if Set(answer.calls.map(\.id)).count != answer.calls.count { return "ids repeat" }
      let isBroken = !(expected["errors"]?.array ?? []).isEmpty || calls.count < all.count
      return isBroken && answer.rejected.isEmpty ? "nothing was rejected" : nil
    }

    /// Whether arguments are the reference's. It types by a parameter's `type` alone: a value of
    /// its own that the schema refuses may be ours that the schema accepts.
    private func agree(_ arguments: JSON, _ wanted: JSON?, _ tool: String) -> Bool {
      guard let found = arguments.object, let wanted = wanted?.object,
        found.count == wanted.count
      else { return false }
      let function = tools.lazy.compactMap { $0["function"] }.first { $0["name"]?.string == tool }
      return wanted.allSatisfy { key, value in
        guard let own = found[key] else { return false }
        guard own != value, let schema = function?["parameters"]?["properties"]?[key] else {
          return own == value
        }
        let checker = SchemaChecker(root: schema)
        return checker.accepts(own, schema) && !checker.accepts(value, schema)
      }
    }

    func pieces(of size: Int) -> [String] {
      let scalars = Array(output.unicodeScalars)
      return stride(from: 0, to: scalars.count, by: size).map { start in
        var piece = String.UnicodeScalarView()
        piece.append(contentsOf: scalars[start..<min(start + size, scalars.count)])
        return String(piece)
      }
    }
  }

  struct Family {
    let format: any ToolFormat
    let reasoning: ReasoningMarkers?
    let tools: [JSON]
    let cases: [Golden]

    /// A parser for the answer to a prompt that did or didn't open reasoning.
    func parser(isInReasoning: Bool) -> OutputParser {
      OutputParser(
        toolFormat: format, reasoning: reasoning, tools: tools,
        prompt: isInReasoning ? reasoning?.openings.first ?? "" : "", acceptsUndeclaredTools: true)
    }

    func parse(_ golden: Golden, pieces: [String], _ fresh: OutputParser) -> Answer {
      var parser = fresh
      var answer = Answer()
      for piece in pieces { answer.add(parser.append(piece)) }
      answer.add(parser.finish(golden.finish))
      return answer
    }
  }

  func family() throws -> Family {
    let file = try JSON(parsing: Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    let tools = try #require(file["tools"]?.array)
    let think = file["think"]?.array?.compactMap(\.string)
    return Family(
      format: try #require(toolFormat(named: file["family"]?.string, for: .init(template: ""))),
      reasoning: think.map { ReasoningMarkers($0[0], $0[1]) },
      tools: tools, cases: try #require(file["cases"]?.array).map { try golden($0, tools) })
  }

  private func golden(_ json: JSON, _ tools: [JSON]) throws -> Golden {
    Golden(
      id: try #require(json["id"]?.string), tools: tools,
      output: try #require(json["output"]?.string),
      finish: json["finish"]?.string == "length" ? .length : .stop,
      isInReasoning: json["initial_state"]?.string == "reasoning",
      expected: try #require(json["expected"]))
  }
}
