/// The pattern of DeepSeek V3:
/// ``[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|``
/// ` ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
struct DeepSeekScanner: Scanner {
  func matchEnd(_ text: TextCursor, at start: Int) -> Int? {
    guard let (kind, length) = text.character(at: start) else { return nil }
    if let end = asciiWord(text, at: start) { return end }
    if let end = wordEnd(text, at: start, kind, length) { return end }
    let offset = text.byte(at: start) == UInt8(ascii: " ") ? start + 1 : start
    let end = text.skip(.punctuationAndSymbols, from: offset)
    if end > offset { return text.skipLineBreaks(from: end) }
    return kind & CharacterTable.whiteSpaceFlag != 0 ? text.whiteSpace(at: start) : nil
  }

  /// An ASCII punctuation mark and the ASCII letters after it.
  private func asciiWord(_ text: TextCursor, at start: Int) -> Int? {
    switch text.text[start] {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: break
    default: return nil
    }
    var offset = start + 1
    while let byte = text.byte(at: offset),
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    {
      offset += 1
    }
    return offset > start + 1 ? offset : nil
  }

  private func wordEnd(_ text: TextCursor, at start: Int, _ kind: UInt8, _ length: Int) -> Int? {
    let isPrefix =
      !CategorySet.lettersPunctuationAndSymbols.contains(kind)
      && kind & CharacterTable.lineBreakFlag == 0
    if isPrefix {
      let end = text.skip(.lettersAndMarks, from: start + length)
      if end > start + length { return end }
    }
    let end = text.skip(.lettersAndMarks, from: start)
    return end > start ? end : nil
  }
}
