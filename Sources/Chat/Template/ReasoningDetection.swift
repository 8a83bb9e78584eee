import JSON

extension ReasoningMarkers {
  /// The markers that a model uses, or nil for one that doesn't reason in the open.
  ///
  /// As in mlx-lm the vocabulary decides where the markers are tokens. Where they aren't, a
  /// template that only mentions a marker (to cut it out of earlier answers, or in an instruction)
  /// proves nothing: it must write one, at the beginning of an answer or around given reasoning.
  static func detect(
    _ clues: FormatClues, _ template: (ReasoningMarkers) throws -> ChatTemplate
  ) throws -> ReasoningMarkers? {
    if let markers = known.first(where: { $0.areTokens(clues) }) { return markers }
    let mentioned = known.filter { clues.mentions($0.openings[0]) && clues.mentions($0.closing) }
    for markers in mentioned where TemplateProbe(try template(markers)).writes(markers) {
      return markers
    }
    return nil
  }

  private func areTokens(_ clues: FormatClues) -> Bool {
    if clues.hasToken(openings[0]), clues.hasToken(closing) { return true }
    switch openings[0] {
    case "<|channel>thought": return clues.hasToken("<|channel>") && clues.hasToken("<channel|>")
    case "<|open|>think<|sep|>":
      return ["<|open|>", "<|close|>", "<|sep|>", "<|end_of_msg|>"].allSatisfy(clues.hasToken)
    default: return false
    }
  }
}

extension TemplateProbe {
  /// Whether the template itself writes the markers.
  fileprivate func writes(_ markers: ReasoningMarkers) -> Bool {
    let thinking = text([Self.user], variables: JSONObject([(key: "enable_thinking", value: true)]))
    if let thinking, let plain = answerBeginning(thinking),
      markers.openings.contains(where: { plain.range(of: $0) != nil })
    {
      return true
    }
    let history: [JSON] = [
      Self.user,
      ["role": "assistant", "content": "probe answer", "reasoning_content": "probe thought"],
    ]
    guard let text = text(history), let thought = text.range(of: "probe thought") else {
      return false
    }
    return markers.openings.contains { text[..<thought.lowerBound].range(of: $0) != nil }
      && text[thought.upperBound...].range(of: markers.closing) != nil
  }

  /// What stands behind the question: the beginning of the answer.
  private func answerBeginning(_ prompt: String) -> Substring? {
    prompt.lastRange(of: "probe question").map { prompt[$0.upperBound...] }
  }
}
