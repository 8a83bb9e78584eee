/// The pattern of GPT-4o (o200k) and Mistral's Tekken: words end where a capital follows a small
/// letter. With U = `\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}` and W = `\p{Ll}\p{Lm}\p{Lo}\p{M}`:
/// `[^\r\n\p{L}\p{N}]?[U]*[W]+'s?|[^\r\n\p{L}\p{N}]?[U]+[W]*'s?|\p{N}{1,3}|`
/// ` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`, where 's stands for the contractions.
struct CasedWordScanner: Scanner {
  /// How many digits one match may have.
  let digits: Int
  /// Whether a word takes the contraction after it.
  let contractions: Bool

  private static let upper = CategorySet(
    .marks, CategorySet(.uppercase, .titlecase, .modifierLetter, .otherLetter))
  private static let lower = CategorySet(
    .marks, CategorySet(.lowercase, .modifierLetter, .otherLetter))

  func matchEnd(_ text: TextCursor, at start: Int) -> Int? {
    guard let (kind, length) = text.character(at: start) else { return nil }
    if let end = wordEnd(text, at: start, kind, length) {
      return contractions ? text.contraction(at: end, ignoringCase: true) ?? end : end
    }
    if CategorySet.numbers.contains(kind) {
      return text.skip(.numbers, from: start, limit: digits)
    }
    if let end = text.punctuation(at: start, otherThan: .lettersAndNumbers, slashes: true) {
      return end
    }
    return text.whiteSpace(at: start)
  }

  /// The two forms of a word, each first with the character before it and then without.
  private func wordEnd(_ text: TextCursor, at start: Int, _ kind: UInt8, _ length: Int) -> Int? {
    let isPrefix =
      !CategorySet.lettersAndNumbers.contains(kind) && kind & CharacterTable.lineBreakFlag == 0
    if isPrefix, let end = endingLower(text, at: start + length) { return end }
    if let end = endingLower(text, at: start) { return end }
    if isPrefix, let end = upperRun(text, at: start + length) { return end }
    return upperRun(text, at: start)
  }

  /// `[U]*[W]+`: the greedy run of U gives back characters until one is in W.
  private func endingLower(_ text: TextCursor, at start: Int) -> Int? {
    var offset = start
    var endOfLastLower: Int?
    while let (kind, length) = text.character(at: offset), Self.upper.contains(kind) {
      offset += length
      if Self.lower.contains(kind) { endOfLastLower = offset }
    }
    let end = text.skip(Self.lower, from: offset)
    return end > offset ? end : endOfLastLower
  }

  /// `[U]+[W]*`, where `[U]*[W]+` doesn't match, so that no W follows.
  private func upperRun(_ text: TextCursor, at start: Int) -> Int? {
    let end = text.skip(Self.upper, from: start)
    return end > start ? end : nil
  }
}
