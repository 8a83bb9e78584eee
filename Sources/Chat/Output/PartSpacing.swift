/// The white space between the parts of an answer: it separates reasoning, text and calls in the
/// model's output and belongs to none of them.
///
/// Reasoning begins and ends without white space, and so does text beside reasoning and calls; an
/// answer's own first and last white space stays. Where reasoning or text goes on behind another
/// part, the white space around that part stands between the pieces, or an empty line if there
/// was none.
struct PartSpacing: Sendable {
  private var content: Stretch
  private var reasoning = Stretch(holdsEnd: true, hasCrossedEdge: true)

  /// - Parameter callsMayFollow: whether text can be interrupted once it has begun. Where it can't,
  ///   its white space isn't held back.
  init(callsMayFollow: Bool) { content = Stretch(holdsEnd: callsMayFollow) }

  /// Another part has begun.
  mutating func crossEdge() {
    content.hasCrossedEdge = true
    reasoning.hasCrossedEdge = true
  }

  /// The part of the text so far that may be given out.
  mutating func content(_ text: String) -> String { content.append(text) }
  mutating func reasoning(_ text: String) -> String { reasoning.append(text) }

  /// Text that didn't come through here: what stands before it.
  mutating func beforeOtherContent() -> String {
    let before = content.hasText || !content.hasCrossedEdge ? content.held : ""
    content = Stretch(holdsEnd: content.holdsEnd, hasText: true)
    return before
  }

  /// The answer has ended: the rest of its text.
  mutating func finish() -> String {
    content.hasCrossedEdge ? "" : content.held
  }
}

/// The text of one kind, which other parts may interrupt.
private struct Stretch: Sendable {
  let holdsEnd: Bool
  /// White space that may turn out to end the text.
  var held = ""
  var hasText = false
  /// Another part has come since the last text.
  var hasCrossedEdge = false

  /// What to put before more text.
  var separator: String {
    guard hasCrossedEdge else { return held }
    guard hasText else { return "" }
    return held.isEmpty ? "\n\n" : held
  }

  mutating func append(_ text: String) -> String {
    if hasText, !hasCrossedEdge, !holdsEnd { return text }
    let scalars = text.unicodeScalars
    guard let last = scalars.lastIndex(where: { !isSpace($0) }),
      let first = scalars.firstIndex(where: { !isSpace($0) })
    else {
      held += text
      return ""
    }
    held += String(scalars[..<first])
    let end = holdsEnd ? scalars.index(after: last) : scalars.endIndex
    let given = separator + String(scalars[first..<end])
    held = String(scalars[end...])
    (hasText, hasCrossedEdge) = (true, false)
    return given
  }

  private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || (0x09...0x0D).contains(scalar.value)
  }
}
