import Foundation
import JSON
import TestSupport
import Testing

@testable import Chat

/// Whatever a model writes: no crash, no hang, and the same answer in pieces of any size.
@Suite struct OutputFuzzTests {
  private static let fragments: [String] = {
    let markers = toolFormats.flatMap { format in
      format.grammar(reasoning: ReasoningMarkers("<think>", "</think>")).markers
        + format.innerMarkers
    }
    return Array(Set(markers)).sorted() + [
      "{", "}", "[", "]", "(", ")", "\"", "'", ":", ",", "=", " ", "\n", "name", "\"name\": ",
      "\"get_weather\"", "\"arguments\": ", "get_weather", "call:", "<function=", "</function>",
      "<parameter=city>", "</parameter>", "<arg_key>", "</arg_key>", "<arg_value>",
      "</arg_value>", "<invoke name=\"get_weather\">", "</invoke>", "```", "json", "\\", "é😀",
      "null", "1e5", "<|tool_call_begin|>functions.get_weather:0", "<escape>", "<![CDATA[",
    ]
  }()

  @Test(arguments: toolFormats.map(\.name))
  func `random output gives the same events in any pieces`(_ name: String) throws {
    let format = try #require(toolFormats.first { $0.name == name })
    var random = SeededRandom(seed: 11)
    let markers = format.markers.flatMap { [$0.begin, $0.end ?? ""] } + format.innerMarkers
    for _ in 0..<60 {
      var text = ""
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        let own = Bool.random(using: &random) ? markers.randomElement(using: &random) : nil
        text += own ?? Self.fragments.randomElement(using: &random) ?? ""
      }
      let finish: FinishReason = Bool.random(using: &random) ? .stop : .length
      let whole = fold(format, [text], finish)
      for size in [1, 3] {
        let parts = fold(format, pieces(of: text, size: size), finish)
        #expect(parts == whole, "\(text.debugDescription)")
      }
    }
  }

  @Test(arguments: [
    "{", "[", "(", "\"", "<", "a", " ", "<tool_call>", "{\"a\":", "call:f{a:", "[[", "<arg_key>",
    "<parameter=a>", "<think>", "<|channel|>", "</", "\\", "f(a=", "<invoke name=\"f\">", "'",
    "<|open|>", "<function name=\"f\">", "]<]minimax[>[<a>", "-",
  ])
  func `long repetitions end soon`(_ part: String) {
    let text = String(repeating: part, count: 20_000 / part.utf8.count)
    for format in toolFormats {
      let begin = format.beginning
      for beginning in [begin, begin + "{\"name\": \"f\", \"arguments\": {\"a\": "] {
        _ = fold(format, [beginning + text], .length)
      }
    }
  }

  @Test(arguments: toolFormats.map(\.name))
  func `a megabyte of braces is read in linear time`(_ name: String) throws {
    let format = try #require(toolFormats.first { $0.name == name })
    let text = String(repeating: "{", count: 1 << 20)
    _ = fold(format, [format.beginning + text], .stop)
  }

  /// What has made readers search or copy the same text again and again.
  private static let repeated = [
    " ", "=", "e-", "call:f{}", "f(a=1),", "<parameter=a>", "{\"name\": \"get_weather\"}", "]",
  ]

  /// The same with the format's own markers, their halves, and what opens and never closes.
  private func ownParts(_ format: any ToolFormat) -> [String] {
    let markers = (format.markers.flatMap { [$0.begin, $0.end ?? ""] } + format.innerMarkers)
      .filter { !$0.isEmpty }
    let halves = markers.map { String($0.prefix(($0.count + 1) / 2)) }
    return Array(Set(markers + halves)).sorted() + ["\"", "\\", "\\u", "{\"a\":", "[", "<", "é"]
  }

  @Test(arguments: toolFormats.map(\.name))
  func `time grows with the length of a format's own markers, too`(_ name: String) throws {
    let format = try #require(toolFormats.first { $0.name == name })
    for part in ownParts(format) {
      for start in ["", format.beginning + "{\"name\": \"f\", \"arguments\": {\"a\": \""] {
        let short = seconds(format, start, part, 2 << 10)
        let long = seconds(format, start, part, 16 << 10)
        let details = "\(part.debugDescription) behind \(start): \(short) s, \(long) s"
        #expect(long < short * 24 + 0.02, "\(details)")
      }
    }
  }

  @Test(arguments: toolFormats.map(\.name))
  func `time grows with the length of the output, not with its square`(_ name: String) throws {
    let format = try #require(toolFormats.first { $0.name == name })
    for part in Self.repeated {
      for start in ["", "get_weather(a=", "get_weather[ARGS]{\"a\": \""] {
        let start = format.beginning + start
        let short = seconds(format, start, part, 4 << 10)
        let long = seconds(format, start, part, 32 << 10)
        // Eight times the text: some eight times the time, or 64 times where it is squared.
        let details = "\(part.debugDescription) behind \(start): \(short) s, \(long) s"
        #expect(long < short * 24 + 0.02, "\(details)")
      }
    }
  }

  @Test(arguments: ReasoningMarkers.known)
  func `time grows with the length of reasoning and of its markers`(_ markers: ReasoningMarkers) {
    let own = markers.openings + [markers.closing]
    let halves = own.map { String($0.prefix(($0.count + 1) / 2)) }
    for part in own + halves + ["a", " ", "<", "\n{"] {
      for start in ["", markers.openings[0], "a"] {
        let short = seconds(HermesFormat(), start, part, 4 << 10, markers)
        let long = seconds(HermesFormat(), start, part, 32 << 10, markers)
        let details = "\(part.debugDescription) behind \(start): \(short) s, \(long) s"
        #expect(long < short * 24 + 0.02, "\(details)")
      }
    }
  }

  /// Seconds that an output of so many bytes takes, whole and in pieces.
  private func seconds(
    _ format: any ToolFormat, _ start: String, _ part: String, _ size: Int,
    _ reasoning: ReasoningMarkers = ReasoningMarkers("<think>", "</think>")
  ) -> Double {
    let text = start + String(repeating: part, count: size / part.utf8.count)
    let begin = threadSeconds()
    _ = fold(format, [text], .length, reasoning)
    _ = fold(format, pieces(of: text, size: 16), .length, reasoning)
    return threadSeconds() - begin
  }

  private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  @Test func `nested values end in a refusal, not in a crash`() {
    for (open, format) in [
      ("[", HermesFormat() as any ToolFormat), ("{\"a\":", HermesFormat()), ("[", PythonicFormat()),
      ("{a:", Gemma4Format()), ("(", PythonicFormat()), ("[", GLMFormat()), ("-", PythonicFormat()),
    ] {
      let deep = String(repeating: open, count: 30_000)
      for text in [
        "<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"a\": \(deep)",
        "<|tool_call_start|>[get_weather(a=\(deep)", "<|tool_call>call:get_weather{a:\(deep)",
        "<tool_call>get_weather<arg_key>a</arg_key><arg_value>\(deep)</arg_value></tool_call>",
      ] {
        _ = fold(format, [text, "]<|tool_call_end|>", "<tool_call|>", "</tool_call>"], .stop)
      }
    }
  }

  /// What an answer holds, without the ids, which are random.
  private struct Folded: Equatable {
    var content: String
    var reasoning: String
    var names: [String]
    var arguments: [JSON]
    var rejected: [String]
  }

  private func fold(
    _ format: any ToolFormat, _ pieces: [String], _ finish: FinishReason,
    _ reasoning: ReasoningMarkers = ReasoningMarkers("<think>", "</think>")
  ) -> Folded {
    var parser = OutputParser(
      toolFormat: format, reasoning: reasoning, tools: VendorTemplate.tools, stop: ["STOP"])
    var events: [OutputEvent] = []
    for piece in pieces { events += parser.append(piece) }
    events += parser.finish(finish)
    let calls = Calls(events)
    return Folded(
      content: calls.content, reasoning: calls.reasoning, names: calls.names,
      arguments: calls.arguments, rejected: calls.rejected)
  }
}

extension ToolFormat {
  /// How a call of this format may begin.
  fileprivate var beginning: String {
    if let marker = markers.first?.begin { return marker }
    return headersAreNames
      ? ">>>get_weather\n" : "<|channel|>commentary to=functions.get_weather<|message|>"
  }
}
