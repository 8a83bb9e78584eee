/// GPT-2's pattern, which `ByteLevel` has built in:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
struct ByteLevelScanner: Scanner {
  func matchEnd(_ text: TextCursor, at start: Int) -> Int? {
    guard let (kind, length) = text.character(at: start) else { return nil }
    if let end = text.contraction(at: start, ignoringCase: false) { return end }
    var offset = start
    var first = kind
    if text.byte(at: start) == UInt8(ascii: " "), let next = text.character(at: start + 1) {
      offset += length
      first = next.kind
    }
    if CategorySet.letters.contains(first) { return text.skip(.letters, from: offset) }
    if CategorySet.numbers.contains(first) { return text.skip(.numbers, from: offset) }
    if first & CharacterTable.whiteSpaceFlag != 0 { return text.plainWhiteSpace(at: start) }
    return text.skipOther(than: .lettersAndNumbers, from: offset)
  }
}
