import JSON

/// `[TOOL_CALLS]NAME[ARGS]{…}` (since late 2024) and `[TOOL_CALLS][{"name": …, "arguments": …}]`.
/// Nothing marks the end of a call but the end of the output.
struct MistralFormat: ToolFormat {
  let name = "mistral"
  let markers = [CallMarkers("[TOOL_CALLS]", nil)]
  let innerMarkers = ["[ARGS]", "[CALL_ID]"]
  let callGrammars = [
    CallGrammar(
      begin: "[TOOL_CALLS]", head: "NAME[ARGS]", separator: "[TOOL_CALLS]",
      excluded: ["[TOOL_CALLS]"]), .list("[TOOL_CALLS]"),
  ]

  func isSpoken(by clues: FormatClues) -> Bool { clues.mentions("[TOOL_CALLS]") }

  func makeReader(_ index: Int, _ tools: ToolSchemas) -> any CallReader { MistralReader() }

  /// Mistral's templates refuse ids of another length.
  func makeCallID() -> String { randomName(9) }
}

/// Reads either form; the first character decides.
private struct MistralReader: CallReader {
  private var list: JSONCallReader?
  private var text: [UInt8] = []
  private var arguments: ArgumentsText?
  private var failure: String?
  private var hasCalls = false

  mutating func append(_ text: String) -> [CallStep] {
    if let steps = list?.append(text) { return steps }
    if self.text.isEmpty, arguments == nil, !hasCalls {
      let start = text.drop { $0.isWhitespace }
      guard let first = start.first else { return [] }
      if first == "[" || first == "{" {
        var reader = JSONCallReader(.objects, keys: .init(id: ["id"]))
        defer { list = reader }
        return reader.append(String(start))
      }
    }
    return failure == nil ? appendToHeader(text) : []
  }

  /// `NAME[ARGS]{…}`, one call after another.
  private mutating func appendToHeader(_ text: String) -> [CallStep] {
    var steps: [CallStep] = []
    var fragment = ""
    for scalar in text.unicodeScalars where failure == nil {
      guard var arguments else {
        self.text += String(scalar).utf8
        if scalar == "]", let head = head() {
          steps.append(.begin(name: head.name, id: head.id))
          self.arguments = ArgumentsText()
          self.text = []
        }
        continue
      }
      // Not copied when it is the only one.
      self.arguments = nil
      fragment += arguments.append(String(scalar))
      if !arguments.hasBegun, arguments.hasTextBefore {
        failure = "has arguments that aren't an object"
      }
      self.arguments = arguments
      if arguments.isComplete {
        failure = arguments.problem
        self.arguments = nil
        hasCalls = true
        steps.append(.arguments(fragment))
        fragment = ""
      }
    }
    return fragment.isEmpty ? steps : steps + [.arguments(fragment)]
  }

  /// The name, and the id that may stand behind it, once `[ARGS]` is complete.
  private func head() -> (name: String, id: String?)? {
    guard text.suffix(6).elementsEqual("[ARGS]".utf8) else { return nil }
    let head = String(decoding: text.dropLast(6), as: UTF8.self)
      .replacing("[TOOL_CALLS]", with: " ")
    let parts = head.parts(separatedBy: "[CALL_ID]")
    let isNamePart: (Character) -> Bool = { $0.isLetter || $0.isNumber || "_-.".contains($0) }
    let name = String(trimmed(parts[0]).reversed().prefix(while: isNamePart).reversed())
    guard !name.isEmpty else { return nil }
    return (name, parts.count > 1 ? trimmed(parts[1]) : nil)
  }

  mutating func finish() -> [CallStep] {
    if var reader = list { return reader.finish() }
    if arguments != nil { failure = failure ?? "is cut off" }
    if !hasCalls { failure = failure ?? "holds no call" }
    if let failure { return [.reject(text: nil, reason: failure)] }
    let rest = String(decoding: text, as: UTF8.self)
    let isPlain = trimmed(rest.replacing("[TOOL_CALLS]", with: "")).isEmpty
    return [.commit] + (isPlain ? [] : [.reject(text: rest, reason: "isn't a call")])
  }
}
