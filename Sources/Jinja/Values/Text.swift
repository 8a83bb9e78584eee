/// A string as Python sees it: a row of code points, with no notion of canonical equivalence.
///
/// Besides its characters it remembers which of them came from where (`marks`), so that a rendered
/// prompt can tell a special token that the template wrote from one that a user spelled.
struct Text {
  /// Valid UTF-8.
  let bytes: [UInt8]
  /// Number of code points, Python's `len`.
  let count: Int
  /// Labelled byte ranges in order, disjoint; text outside them is the template's own.
  let marks: [TextMark]
  /// True for the result of `safe` and `escape`, which `+` and `escape` treat specially.
  var isMarkup = false

  static let empty = Text("")

  init(_ string: String) { self.init(bytes: Array(string.utf8)) }

  init(bytes: [UInt8], marks: [TextMark] = []) {
    self.bytes = bytes
    self.count = Self.countScalars(bytes[...])
    self.marks = marks
  }

  init(_ string: String, label: UInt8) {
    let bytes = Array(string.utf8)
    let isMarked = label != 0 && !bytes.isEmpty
    self.init(bytes: bytes, marks: isMarked ? [TextMark(0..<bytes.count, label)] : [])
  }

  var isEmpty: Bool { bytes.isEmpty }
  var isASCII: Bool { count == bytes.count }
  var string: String { String(decoding: bytes, as: UTF8.self) }
  var scalars: String.UnicodeScalarView { string.unicodeScalars }

  static func countScalars(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var continuations = 0
      for byte in bytes where byte & 0xC0 == 0x80 { continuations += 1 }
      return bytes.count - continuations
    }
  }
}

/// A byte range of a text and the label of where it came from.
struct TextMark: Equatable {
  var lower: Int
  var upper: Int
  let label: UInt8

  init(_ range: Range<Int>, _ label: UInt8) {
    lower = range.lowerBound
    upper = range.upperBound
    self.label = label
  }
}

extension Text: Equatable {
  static func == (left: Text, right: Text) -> Bool { left.bytes == right.bytes }

  /// Code point order, which is the order of UTF-8 bytes.
  static func < (left: Text, right: Text) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

// MARK: - Parts

extension Text {
  /// The text between two byte offsets that lie between characters.
  subscript(range: Range<Int>) -> Text {
    if range == 0..<bytes.count { return self }
    return Text(bytes: Array(bytes[range]), marks: marks(in: range))
  }

  private func marks(in range: Range<Int>) -> [TextMark] {
    if marks.isEmpty { return [] }
    var result: [TextMark] = []
    for mark in marks[firstMark(endingAfter: range.lowerBound)...] {
      if mark.lower >= range.upperBound { break }
      let lower = max(mark.lower, range.lowerBound) - range.lowerBound
      let upper = min(mark.upper, range.upperBound) - range.lowerBound
      result.append(TextMark(lower..<upper, mark.label))
    }
    return result
  }

  private func firstMark(endingAfter offset: Int) -> Int {
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].upper > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Byte offset of the code point with that index, `bytes.count` for the end.
  func offset(ofScalar index: Int) -> Int {
    if isASCII { return index }
    var remaining = index
    for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
      if remaining == 0 { return offset }
      remaining -= 1
    }
    return bytes.count
  }

  /// Number of code points before a byte offset.
  func scalarIndex(ofOffset offset: Int) -> Int {
    isASCII ? offset : Self.countScalars(bytes[..<offset])
  }

  /// The code point range as text.
  func slice(_ range: Range<Int>) -> Text {
    self[offset(ofScalar: range.lowerBound)..<offset(ofScalar: range.upperBound)]
  }

  /// Each code point as a text of its own.
  var characters: [Text] {
    guard !isEmpty else { return [] }
    var result: [Text] = []
    result.reserveCapacity(count)
    var start = 0
    for end in 1...bytes.count where end == bytes.count || bytes[end] & 0xC0 != 0x80 {
      result.append(self[start..<end])
      start = end
    }
    return result
  }

  /// The same text from elsewhere: all of it marked where any of the source was.
  func marked(like source: Text) -> Text {
    guard let label = source.marks.first?.label, !isEmpty else { return self }
    return Text(bytes: bytes, marks: [TextMark(0..<bytes.count, label)])
  }

  func asMarkup() -> Text {
    var result = self
    result.isMarkup = true
    return result
  }
}

// MARK: - Searching

extension Text {
  /// Byte offset of the first occurrence at or after `start`, within `end`.
  func firstOffset(of needle: Text, from start: Int = 0, to end: Int? = nil) -> Int? {
    let end = end ?? bytes.count
    guard start <= end else { return nil }
    if needle.isEmpty { return start }
    return bytes.withUnsafeBufferPointer { bytes in
      needle.bytes.withUnsafeBufferPointer { needle in
        findFirst(needle, in: UnsafeBufferPointer(rebasing: bytes[start..<end])).map { $0 + start }
      }
    }
  }

  /// Byte offset of the last occurrence that lies within `start` and `end`.
  func lastOffset(of needle: Text, from start: Int = 0, to end: Int? = nil) -> Int? {
    let end = end ?? bytes.count
    guard start <= end else { return nil }
    if needle.isEmpty { return end }
    let reversed = Array(bytes[start..<end].reversed())
    return reversed.withUnsafeBufferPointer { reversed in
      Array(needle.bytes.reversed()).withUnsafeBufferPointer { needle in
        findFirst(needle, in: reversed).map { end - $0 - needle.count }
      }
    }
  }

  func hasPrefix(_ prefix: Text) -> Bool { bytes.starts(with: prefix.bytes) }

  func hasSuffix(_ suffix: Text) -> Bool {
    bytes.count >= suffix.bytes.count
      && bytes.suffix(suffix.bytes.count).elementsEqual(suffix.bytes)
  }

  func contains(_ needle: Text) -> Bool { firstOffset(of: needle) != nil }
}

/// Offset of `needle` in `bytes`, with a rolling hash so that no input is quadratic.
private func findFirst(
  _ needle: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>
) -> Int? {
  let length = needle.count
  guard length <= bytes.count else { return nil }
  let base: UInt64 = 0x100_0000_01B3
  var wanted: UInt64 = 0
  var rolling: UInt64 = 0
  var leading: UInt64 = 1
  for index in 0..<length {
    wanted = wanted &* base &+ UInt64(needle[index])
    rolling = rolling &* base &+ UInt64(bytes[index])
    if index > 0 { leading = leading &* base }
  }
  var offset = 0
  while true {
    if rolling == wanted,
      UnsafeBufferPointer(rebasing: bytes[offset..<offset + length]).elementsEqual(needle)
    {
      return offset
    }
    guard offset + length < bytes.count else { return nil }
    let removed = UInt64(bytes[offset]) &* leading
    rolling = (rolling &- removed) &* base &+ UInt64(bytes[offset + length])
    offset += 1
  }
}
