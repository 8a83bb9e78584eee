/// `<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>{…}`: GPT-OSS writes all
/// its output in channels: `analysis` is reasoning, `final` and plain `commentary` are the answer.
struct HarmonyFormat: ToolFormat {
  let name = "harmony"
  let markers: [CallMarkers] = []
  let headerOpening: String? = "<|start|>assistant"
  let innerMarkers = [
    "<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|constrain|>", "<|call|>", "<|return|>",
  ]

  func isSpoken(by clues: FormatClues) -> Bool {
    clues.mentions("<|channel|>") && clues.mentions("<|message|>")
  }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { HarmonyReader() }

  func grammar(reasoning: ReasoningMarkers?) -> OutputGrammar {
    var grammar = OutputGrammar()
    for state in OutputGrammar.State.allCases where state != .header {
      grammar.add("<|start|>", from: [state], to: .header)
      grammar.add("<|channel|>", from: [state], to: .header)
      for end in ["<|end|>", "<|call|>", "<|return|>"] {
        grammar.add(end, from: [state], to: .content)
      }
    }
    grammar.add("<|message|>", from: [.header], to: .headerEnd)
    return grammar
  }

  /// What the text behind a header is.
  enum Channel: Equatable {
    case reasoning, content
    case call(name: String)
  }

  /// The header between `<|start|>` or `<|channel|>` and `<|message|>`, with its inner markers.
  static func channel(_ header: String) -> Channel {
    if let recipient = header.range(of: "to=") {
      let path = header[recipient.upperBound...].prefix { !$0.isWhitespace && $0 != "<" }
      let name = path.hasPrefix("functions.") ? path.dropFirst("functions.".count) : path
      if !name.isEmpty { return .call(name: String(name)) }
    }
    return header.range(of: "analysis") == nil ? .content : .reasoning
  }
}

/// The arguments of a call; the name came in the header, as the first line of the text.
private struct HarmonyReader: CallReader {
  private var name: String?
  private var arguments = ArgumentsText()

  mutating func append(_ text: String) -> [CallStep] {
    guard name != nil else {
      name = text
      return [.begin(name: text, id: nil)]
    }
    let fragment = arguments.append(text)
    return fragment.isEmpty ? [] : [.arguments(fragment)]
  }

  mutating func finish() -> [CallStep] {
    if !arguments.hasBegun, trimmed(arguments.before).isEmpty {
      return [.arguments("{}"), .commit]
    }
    if let problem = arguments.problem {
      let isCut = arguments.hasBegun && !arguments.isComplete
      return [.reject(text: nil, reason: isCut ? "is cut off" : problem)]
    }
    return [.commit]
  }
}
