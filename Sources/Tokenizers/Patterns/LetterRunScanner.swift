/// The pattern of GPT-4 (cl100k), Llama 3 and Qwen, which differ in a few places:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|`
/// `\s*[\r\n]+|\s+(?!\S)|\s+`.
struct LetterRunScanner: Scanner {
  /// How many digits one match may have.
  let digits: Int
  /// What a word consists of.
  var letters = CategorySet.letters
  /// What no punctuation match contains.
  var notPunctuation = CategorySet.lettersAndNumbers

  func matchEnd(_ text: TextCursor, at start: Int) -> Int? {
    guard let (kind, length) = text.character(at: start) else { return nil }
    if let end = text.contraction(at: start, ignoringCase: true) { return end }
    if let end = wordEnd(text, at: start, kind, length) { return end }
    if CategorySet.numbers.contains(kind) {
      return text.skip(.numbers, from: start, limit: digits)
    }
    if let end = text.punctuation(at: start, otherThan: notPunctuation) { return end }
    return text.whiteSpace(at: start)
  }

  /// `[^\r\n\p{L}\p{N}]?\p{L}+`, with marks among the letters in some models.
  @inline(__always)
  private func wordEnd(_ text: TextCursor, at start: Int, _ kind: UInt8, _ length: Int) -> Int? {
    let isPrefix =
      !CategorySet.lettersAndNumbers.contains(kind) && kind & CharacterTable.lineBreakFlag == 0
    if isPrefix {
      let end = text.skip(letters, from: start + length)
      if end > start + length { return end }
    }
    return letters.contains(kind) ? text.skip(letters, from: start + length) : nil
  }
}
