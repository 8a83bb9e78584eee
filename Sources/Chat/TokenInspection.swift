import JSON
import Tokenizers

/// Looks for tokens that a conversion has lost: those that the template writes, and those that
/// tokenizer_config.json names.
struct TokenInspection {
  let tokenizer: Tokenizer
  let files: ModelTextFiles

  func findings(template: ChatTemplate) -> [ChatReport.Finding] {
    writtenTokens(template) + halvedPairs + namedTokens + listedTokens
  }

  private func warning(_ message: String) -> [ChatReport.Finding] {
    [.init(severity: .warning, message: message)]
  }

  private func list(_ tokens: [String]) -> String {
    let shown = tokens.prefix(8).joined(separator: ", ")
    return tokens.count > 8 ? "\(shown) and \(tokens.count - 8) more" : shown
  }

  /// Control tokens in the template's own text that aren't read as one token.
  private func writtenTokens(_ template: ChatTemplate) -> [ChatReport.Finding] {
    let literals = template.literals.joined(separator: "\n")
    let missing = Self.controlTokens(in: literals).filter {
      tokenizer.encode($0, addSpecialTokens: false).count != 1
    }
    guard !missing.isEmpty else { return [] }
    return warning(
      "the chat template writes \(list(missing)), which the tokenizer doesn't have as a token: "
        + "the model sees the characters instead")
  }

  /// What looks like a control token: `<|…|>`, DeepSeek's `<｜…｜>`, Gemma's turns.
  private static func controlTokens(in text: String) -> [String] {
    var found = ["<start_of_turn>", "<end_of_turn>"].filter { text.range(of: $0) != nil }
    for (begin, end) in [("<|", "|>"), ("<｜", "｜>")] {
      var rest = text[...]
      while let open = rest.range(of: begin) {
        rest = rest[open.upperBound...]
        guard let close = rest.range(of: end) else { break }
        let name = rest[..<close.lowerBound]
        guard name.utf8.count < 40, !name.isEmpty,
          !name.contains(where: { $0.isWhitespace || "<>'\"{}|｜".contains($0) })
        else { continue }
        let token = begin + name + end
        if !found.contains(token) { found.append(token) }
        rest = rest[close.upperBound...]
      }
    }
    return found
  }

  /// Markers of tool calls and reasoning of which the tokenizer has one and not the other.
  private var halvedPairs: [ChatReport.Finding] {
    let added = Set(tokenizer.addedTokens.map(\.content))
    let lost = MarkerPairs.known.filter { added.contains($0.begin) != added.contains($0.end) }
    return lost.flatMap { begin, end in
      let (kept, missing) = added.contains(begin) ? (begin, end) : (end, begin)
      return warning(
        "the tokenizer has \(kept) as a token and lacks \(missing): a conversion has lost it, and "
          + "calls or reasoning between the two may not be found")
    }
  }

  /// `bos_token` and its like, where the tokenizer has no such token.
  private var namedTokens: [ChatReport.Finding] {
    ["bos_token", "eos_token", "pad_token"].flatMap { key -> [ChatReport.Finding] in
      let value = files.tokenizer?[key]
      guard let token = value?.string ?? value?["content"]?.string, !token.isEmpty,
        tokenizer.id(of: token) == nil
      else { return [] }
      return warning(
        "tokenizer_config.json: \(key) is \(token), which the tokenizer doesn't have")
    }
  }

  /// What `added_tokens_decoder` lists and tokenizer.json hasn't, or has under another id.
  private var listedTokens: [ChatReport.Finding] {
    guard case .object(let listed)? = files.tokenizer?["added_tokens_decoder"] else { return [] }
    let lost = listed.compactMap { id, token -> String? in
      guard let id = Int32(id), let content = token["content"]?.string,
        tokenizer.id(of: content) != id
      else { return nil }
      return "\(content) (\(id))"
    }
    guard !lost.isEmpty else { return [] }
    return warning(
      "tokenizer_config.json: added_tokens_decoder lists \(list(lost)), which tokenizer.json "
        + "doesn't have under these ids")
  }
}
