/// Reads one word's characters and their classes, for the hand-written scanners.
struct TextCursor {
  let text: UnsafeBufferPointer<UInt8>
  /// Where the word ends.
  let end: Int
  private let table: UnsafeCharacterClasses

  init(_ text: UnsafeBufferPointer<UInt8>, end: Int, classes: UnsafeCharacterClasses) {
    self.text = text
    self.end = end
    self.table = classes
  }

  /// Class (category and flags) and byte length of the character at `offset`; nil at the end.
  @inline(__always)
  func character(at offset: Int) -> (kind: UInt8, length: Int)? {
    guard offset < end else { return nil }
    let byte = text[offset]
    if byte < 0x80 { return (table.ascii(byte), 1) }
    let (value, length) = text.scalar(at: offset)
    return (table[value], length)
  }

  @inline(__always)
  func byte(at offset: Int) -> UInt8? { offset < end ? text[offset] : nil }

  /// The end of the run of characters in `set` that starts at `offset`, at most `limit` of them.
  @inline(__always)
  func skip(_ set: CategorySet, from offset: Int, limit: Int = .max) -> Int {
    var offset = offset
    var left = limit
    while left > 0, let (kind, length) = character(at: offset), set.contains(kind) {
      offset += length
      left -= 1
    }
    return offset
  }

  /// The end of an English contraction's tail ('s, 't, 're, 've, 'm, 'll, 'd) at `offset`; nil
  /// where there is none. Where case doesn't count, ſ counts as an s.
  func contraction(at offset: Int, ignoringCase: Bool) -> Int? {
    guard byte(at: offset) == UInt8(ascii: "'"), let first = byte(at: offset + 1) else {
      return nil
    }
    let fold: UInt8 = ignoringCase ? 0x20 : 0
    switch first | fold {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return offset + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return byte(at: offset + 2).map { $0 | fold } == UInt8(ascii: "e") ? offset + 3 : nil
    case UInt8(ascii: "l"):
      return byte(at: offset + 2).map { $0 | fold } == UInt8(ascii: "l") ? offset + 3 : nil
    default:
      // U+017F, the long s.
      let isLongS = ignoringCase && first == 0xC5 && byte(at: offset + 2) == 0xBF
      return isLongS ? offset + 3 : nil
    }
  }

  /// The end of `\s*[\r\n]+|\s+(?!\S)|\s+` at a white-space character.
  func whiteSpace(at start: Int) -> Int {
    var offset = start
    var lastStart = start
    var lineBreakEnd: Int?
    while let (kind, length) = character(at: offset), kind & CharacterTable.whiteSpaceFlag != 0 {
      lastStart = offset
      offset += length
      if kind & CharacterTable.lineBreakFlag != 0 { lineBreakEnd = offset }
    }
    if let lineBreakEnd { return lineBreakEnd }
    return offset == end || lastStart == start ? offset : lastStart
  }

  /// The end of `\s+(?!\S)|\s+` at a white-space character.
  func plainWhiteSpace(at start: Int) -> Int {
    var offset = start
    var lastStart = start
    while let (kind, length) = character(at: offset), kind & CharacterTable.whiteSpaceFlag != 0 {
      lastStart = offset
      offset += length
    }
    return offset == end || lastStart == start ? offset : lastStart
  }
}
